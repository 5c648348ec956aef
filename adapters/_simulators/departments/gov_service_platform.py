"""The service platform of the province: takes what is reported."""

from adapters._simulators.correspondent import Correspondent


class ServicePlatform(Correspondent):
    """Keeps case data, evaluations and catalogue entries; says nothing back."""

    title = "省政务一体化平台"
