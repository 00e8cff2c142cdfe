"""What stands right before or behind a number and says that it is no code: Order 20931, ending 4471, 1204 people."""

import re

_NUMBERED = (
    r"order|bestell\w*|auftrag\w*|pedido|commande|ordine|sipariş|zamówieni\w*|pesanan|invoice|rechnung\w*|facture|"
    r"factura|"
    r"fattura|fatura|faktur\w*|tracking|track|sendung\w*|suivi|ticket|case|reference|ref|referenz\w*|referencia|"
    r"référence|riferimento|booking|reservation|buchung\w*|konto\w*|kunden\w*|policy|serial|vat|transaction|receipt|"
    r"flight|vorgang\w*|vertrag\w*|iban|bic|steuer\w*|ust-?id|dossier|siret|siren|rcs|cif|nif|cnpj|cpf|protocolo|nip|"
    r"regon|hrb|kvk|btw|инн|кпп|огрн|заказ\w*|счет\w*|счёт\w*|договор\w*|заявк\w*|обращени\w*|"
    r"ending|ends|last four|last 4|endet|endend|finissant|terminad[ao]|final|"
    r"no|nr|num|nº|n°|№|number|nummer|numéro|número|numero|numer|nomor|номер|numarası|numara|số|"
    r"build|version|zip|plz|cep|cap|kodepos|suite|ste|apt|unit|floor|room|p\.?o\.? box|box|postfach|bp|copyright|"
    r"lei|ley|law|act|article|commit|item|sku|isbn|issue|pr|bug|lot|trip|draw|answer was|model|последни\w+|"
    r"оканчива\w+|page|seite|"
    r"line"
)
"""Words a number belongs to, also over "is" and "no."."""
_CALLED = (
    r"phone|telephone|tel|telefon\w*|téléphone|teléfono|telefone|telp|fax|mobile|hotline|notruf|rufnummer|durchwahl|"
    r"call|call us|call us on|call us at|dial|text|ligue|appelez|llame|llama|chiama|anrufen|zadzwoń|позвоните|bel|"
    r"телефон\w*|тел|account|customer|client\w*|member\w*|license|licence|request|claim|device|id|user id|ip"
)
"""Words a number belongs to only where it follows at once; not "your account: 482913"."""
_HAN = (
    r"(?:订单|訂單|运单|運單|快递|物流|发票|發票|电话|電話|手机|手機|卡|账|帐|帳|尾|单|單|流水|交易|参考|参照|工单|"
    r"案件|"
    r"会员|會員|房间|门牌|版本|编|編|qq|群|座机|税|身份证|备案|热线|客服|专线|專線|邮|末四位|后四位|後四碼|末四碼|"
    r"学|工|公告|"
    r"序|订)(?:号码|號碼|号|號|编号|編號|编码|編碼|id)?|拨打|致电|致電|来电|撥打|注文番号|電話番号|郵便番号|〒|"
    r"追跡番号|"
    r"伝票番号|会員番号|予約番号|受付番号|問い合わせ番号|電話|주문|운송장|송장|전화|계좌|예약|고객|접수|승인|"
    r"사업자등록|문의|"
    r"阅读|閱讀|浏览|播放|点赞|评论|收藏|粉丝|"
    r"หมายเลข|เลขที่|เลข|โทร|الطلب|الهاتف|هاتف|الفاتورة|الشحنة|فرع|第|网点|支行|分行|阅读量|共"
)
_MARKS = r"[\s:：.#№*_\-(（]"
_BEFORE = re.compile(
    rf"(?:\b(?:{_NUMBERED})\b|{_HAN}|[#©]){_MARKS}{{0,4}}"
    rf"(?:(?:number|numbers?|no|nr|num|id|code|in|with|mit|auf|par|en|is|was|为|為|是|は|은|는|번호|nummer)"
    rf"{_MARKS}{{0,3}}){{0,2}}[a-z]{{0,2}}\Z"
    rf"|(?<!your )(?<!the )(?<!l['’])(?<!votre )(?<!tuo )(?<!su )(?<!tu )(?<!sua )(?<!seu )(?<!ihr )(?<!dein )(?<!uw )"
    rf"(?<!je )\b(?:{_CALLED})\b{_MARKS}{{0,4}}(?:(?:number|no|nr|num|id|code){_MARKS}{{0,3}})?\Z"
)
_BEHIND = re.compile(
    r"[ \t]{0,2}(?:usd|eur|dollars?|euros?|points?|积分|積分|元|块|件|名|位用户|人|people|users|members|customers|"
    r"readers|"
    r"subscribers|pts|bytes|kb|mb|gb|pixels|words|steps|miles|km|kg|views|likes|followers|lines|of \d|commits|"
    r"shops|visits|"
    r"stars|downloads|questions|answers|photos|videos|employees|students|developers|"
    r"companies|countries|cities|products|orders|messages|emails|tickets|issues|files|rows|requests|tokens|street|"
    r"st\.|ave|road|blvd|"
    r"[个個](?!字)|号(?!码)|室|号院|弄|年|月|行|次|篇|家|台|套|份|条|张|人次|分(?!钟|鐘|間)|str\.|straße|rue|shares|items|pages|"
    r"seats|guests|additions|changes|fixes|comments|replies|votes|entries|left|remaining|übrig|restants|restantes)(?![a-z])"
)
REACH = 40
"""Characters before a number that are looked at."""


def is_claimed(low: str, start: int, end: int, least: int) -> bool:
    """Whether the number at start:end of folded text is claimed; nothing before `least` is looked at."""
    if _BEHIND.match(low, end):
        return True
    before = low[max(0, start - REACH, least) : start].rpartition("\n")[2]
    return _BEFORE.search(before) is not None
