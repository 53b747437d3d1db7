import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import newsnotify.lib.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_api_keys"),
    ]

    operations = [
        migrations.RenameModel(old_name="TokenFamily", new_name="SignIn"),
        migrations.AlterModelOptions(
            name="signin",
            options={},
        ),
        migrations.AddField(
            model_name="signin",
            name="address",
            field=models.CharField(blank=True, default="", max_length=45),
        ),
        migrations.AddField(
            model_name="signin",
            name="device",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="signin",
            name="password_mark",
            field=models.CharField(default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="signin",
            name="rotated_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="signin",
            name="session_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.AlterField(
            model_name="signin",
            name="current",
            field=newsnotify.lib.fields.DigestField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name="signin",
            name="last_used_at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now),
        ),
        migrations.AlterField(
            model_name="signin",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sign_ins",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="AuditRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed In"),
                            ("sign_in_refused", "Sign In Refused"),
                            ("sign_in_ended", "Sign In Ended"),
                            ("token_reused", "Token Reused"),
                            ("limit_reached", "Limit Reached"),
                            ("role_changed", "Role Changed"),
                            ("password_changed", "Password Changed"),
                            ("email_changed", "Email Changed"),
                            ("key_made", "Key Made"),
                            ("key_deleted", "Key Deleted"),
                            ("account_deleted", "Account Deleted"),
                            ("recipient_verified", "Recipient Verified"),
                        ],
                        max_length=30,
                    ),
                ),
                ("address", models.CharField(blank=True, default="", max_length=45)),
                ("detail", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
