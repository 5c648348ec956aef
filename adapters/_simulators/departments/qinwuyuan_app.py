"""The Qinwuyuan app: notices and the wallet of certificates."""

from adapters._simulators.inbox import Inbox


class QinwuyuanApp(Inbox):
    """Whoever is not registered gets nothing."""

    title = "秦务员APP"
    entry = "app"
