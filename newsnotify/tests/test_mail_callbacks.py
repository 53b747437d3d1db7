"""By what a mail service that calls is known: what may be set, and what the start says else."""

from pathlib import Path

import pytest

from newsnotify.env import SettingError
from newsnotify.mail_callbacks import agreed
from newsnotify.tests.test_settings import KEY, run, setting
from notifications.tests.mail_services import SECRET, SendGrid

PUBLIC = SendGrid().key
PEM = f"-----BEGIN PUBLIC KEY-----\n{PUBLIC[:64]}\n{PUBLIC[64:]}\n-----END PUBLIC KEY-----"
VERIFIED = {"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": PUBLIC}
SIGNED = {"MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"}
PASSWORD = {"WEBHOOK_SECRET": SECRET}


@pytest.mark.parametrize(
    ("service", "secret", "key", "told"),
    [
        ("", "", "", {}),
        ("postmark", "", "", {}),
        ("postmark", SECRET, "", PASSWORD),
        ("ses", SECRET, "", PASSWORD),
        ("sendgrid", SECRET, "", PASSWORD),
        ("sendgrid", "", PUBLIC, VERIFIED),
        ("sendgrid", "", PEM, VERIFIED),
        ("sendgrid", SECRET, PUBLIC, {**PASSWORD, **VERIFIED}),
        ("mailgun", "", "signing-key", SIGNED),
        ("mailgun", SECRET, "signing-key", {**PASSWORD, **SIGNED}),
    ],
)
def test_anymail_is_told_what_was_agreed_on(
    service: str, secret: str, key: str, told: dict[str, str]
) -> None:
    assert agreed(service, secret, key) == told


@pytest.mark.parametrize(
    ("service", "secret", "key", "name", "remedy"),
    [
        ("", SECRET, "", "EMAIL_WEBHOOK_SECRET", "EMAIL_URL is sendgrid, mailgun, postmark or ses"),
        ("", "", "key", "EMAIL_WEBHOOK_KEY", "EMAIL_URL is sendgrid, mailgun, postmark or ses"),
        ("postmark", "", "key", "EMAIL_WEBHOOK_KEY", "see EMAIL_WEBHOOK_SECRET"),
        ("ses", SECRET, "key", "EMAIL_WEBHOOK_KEY", "see EMAIL_WEBHOOK_SECRET"),
        ("mailgun", SECRET, "", "EMAIL_WEBHOOK_KEY", "Mailgun's HTTP webhook signing key"),
        ("mailgun", "", "clé", "EMAIL_WEBHOOK_KEY", "Mailgun's HTTP webhook signing key"),
        ("sendgrid", "", "key", "EMAIL_WEBHOOK_KEY", "signed event webhook"),
        ("sendgrid", "", "A" * 100, "EMAIL_WEBHOOK_KEY", "signed event webhook"),
        *(
            ("postmark", wrong, "", "EMAIL_WEBHOOK_SECRET", "name:password")
            for wrong in (
                "caller",
                "caller:",
                "caller:short",
                ":password-of-tests",
                "a:pass wörter x",
            )
        ),
    ],
)
def test_start_is_refused_when_a_caller_could_not_be_known(
    service: str, secret: str, key: str, name: str, remedy: str
) -> None:
    with pytest.raises(SettingError) as refused:
        agreed(service, secret, key)
    assert str(refused.value).startswith(f"{name}: ")
    assert remedy in str(refused.value)
    for value in (secret, key):
        assert not value or repr(value) not in str(refused.value)


@pytest.mark.anywhere
def test_start_says_so_in_one_line(tmp_path: Path) -> None:
    given = {"EMAIL_URL": "postmark://token", "EMAIL_WEBHOOK_SECRET": "a-secret"}
    code, _, err = run(tmp_path, "manage.py", "up", SECRET_KEY=KEY, **given)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("EMAIL_WEBHOOK_SECRET: '…' is not usable; expected name:password")
    assert "a-secret" not in err


@pytest.mark.anywhere
def test_secrets_come_from_files_when_these_are_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "key").write_text(f"{PEM}\n")
    given = {
        "EMAIL_URL": "sendgrid://SG.key",
        "EMAIL_WEBHOOK_SECRET_FILE": str(tmp_path / "secret"),
        "EMAIL_WEBHOOK_KEY_FILE": str(tmp_path / "key"),
    }
    told = setting(tmp_path, "ANYMAIL", **given)
    assert isinstance(told, dict)
    assert told.items() >= {**PASSWORD, **VERIFIED}.items()
    assert setting(tmp_path, "EMAIL_WEBHOOK_SERVICE", **given) == "sendgrid"
    assert setting(tmp_path, "EMAIL_WEBHOOK_SERVICE", EMAIL_URL="sendgrid://SG.key") == ""
