from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("process", models.CharField(max_length=100, unique=True)),
                ("beaten_at", models.DateTimeField(db_index=True)),
                ("parts", models.JSONField(default=dict)),
                ("counts", models.JSONField(default=list)),
            ],
        ),
    ]
