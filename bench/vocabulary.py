"""Words the generated mail is written with: enough Chinese and English that an index has real work to do."""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WHO = _words(
    "客户 团队 用户 供应商 编辑部 财务部 仓库 项目组 读者 学校 医院 银行 邻居 同事 老师 "
    "研究所 出版社 物业 航空公司 图书馆 工程师 设计师 管理员 志愿者"
)
_DID = _words(
    "确认了 更新了 提交了 收到了 推迟了 批准了 检查了 发送了 整理了 翻译了 修改了 预订了 "
    "取消了 安排了 核对了 归档了 讨论了 公布了 支付了 退还了"
)
_WHAT = _words(
    "订单 发票 合同 报告 会议记录 验证码 行程单 账单 设计稿 说明书 预算表 照片 备份 邀请函 "
    "申请表 优惠券 包裹 目录 样品 成绩单 证书 数据库 服务器 邮件列表"
)
_HOW = _words(
    "请在三天内回复 如有疑问请与我们联系 附件中有详细说明 感谢您一直以来的支持 我们将尽快处理 "
    "请勿将此内容转发给他人 稍后会有专人与您确认 本周五之前有效 请妥善保管相关凭证 详情见下文"
)
_ENGLISH = _words(
    "invoice meeting schedule delivery account review update server backup report draft ticket customer "
    "library shipping payment release feature deadline estimate contract translation weekly summary"
)


def chinese(rng: Random) -> str:
    """One sentence of 15 to 35 characters, with a number in it, so that no two letters are the same."""
    middle = f"{rng.choice(_WHO)}{rng.choice(_DID)}第{rng.randrange(1, 100_000)}号{rng.choice(_WHAT)}"
    return f"{middle}，{rng.choice(_HOW)}。"


def english(rng: Random) -> str:
    """One line of eight words."""
    return " ".join(rng.choice(_ENGLISH) for _ in range(8)).capitalize() + "."


def subject(rng: Random) -> str:
    """A subject of about twelve characters."""
    return f"{rng.choice(_WHO)}{rng.choice(_DID)}{rng.choice(_WHAT)}"
