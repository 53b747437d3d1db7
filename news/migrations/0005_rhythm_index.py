from django.db import migrations, models


class Migration(migrations.Migration):
    """Give the index by which a source's articles are listed their dates, too."""

    dependencies = [("news", "0004_raw_content")]

    operations = [
        migrations.RemoveIndex("article", "article_source_seen"),
        migrations.AddIndex(
            "article",
            models.Index(
                fields=["source", "first_seen_at", "id", "dated_at"], name="article_source_seen"
            ),
        ),
    ]
