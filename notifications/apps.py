from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts import addresses, hours
        from notifications import channels, rousing  # models are there from here on

        addresses.follow(channels.follow_account)
        hours.follow(rousing.follow_hours)
