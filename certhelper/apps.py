from django.apps import AppConfig


class CertHelperConfig(AppConfig):
    name = "certhelper"

    def ready(self) -> None:
        from certhelper import checks  # noqa: F401 - registers them
