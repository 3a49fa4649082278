"""What people call the services."""

OMS = "OMS"
RUN_REGISTRY = "The Run Registry"
SSO = "CERN's SSO"
ALL = (OMS, RUN_REGISTRY, SSO)
