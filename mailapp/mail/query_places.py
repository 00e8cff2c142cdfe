"""What `in:` calls the places every account has, beside the words of the reader's language."""

from collections.abc import Mapping

STARRED = "starred"
NAMES: Mapping[str, tuple[str, ...]] = {
    "inbox": ("收件箱",), STARRED: ("星标", "已加星"), "drafts": ("草稿", "草稿箱", "draft"),
    "sent": ("已发送", "发件箱"), "archive": ("归档", "archived"), "junk": ("垃圾邮件", "spam"),
    "trash": ("已删除", "废纸篓", "bin"),
}  # fmt: skip
ANYWHERE = ("anywhere", "all", "所有邮件", "全部", "任何地方")
