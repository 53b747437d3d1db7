import json

from django.db import migrations

from news.starters import DATA


def add_topics(apps, schema_editor):
    topic = apps.get_model("news", "Topic")
    if not topic.objects.exists():
        for slug, name in json.loads(DATA.read_text())["topics"].items():
            topic.objects.create(slug=slug, name=name)


class Migration(migrations.Migration):
    dependencies = [("news", "0001_initial")]
    operations = [migrations.RunPython(add_topics, migrations.RunPython.noop)]
