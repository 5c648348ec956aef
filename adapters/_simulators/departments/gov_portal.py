"""The service portal of the province: progress and certificates in "my space"."""

from adapters._simulators.inbox import Inbox


class GovPortal(Inbox):
    """Whoever is not registered finds nothing there."""

    title = "省政务服务网"
    entry = "portal"
