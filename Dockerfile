# `docker compose up` builds this. Debian's release is named because the driver of MySQL is
# built in one stage and runs in another, on the library of the same release.
FROM python:3.13-slim-bookworm AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

FROM base AS builder
# hadolint ignore=DL3008 # Debian keeps no former versions that could be named
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
# pip stays behind: it installs into an environment that it is no part of.
ENV PIP_PYTHON=/venv/bin/python \
    PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /venv
COPY requirements-mysql.txt requirements-kafka.txt requirements-ses.txt /
# Bytecode is made here, once: the processes cannot write it.
RUN pip install --compile -r /requirements-mysql.txt -r /requirements-kafka.txt -r /requirements-ses.txt

FROM builder AS flower-builder
COPY requirements-flower.txt /
RUN pip install --compile -r /requirements-flower.txt

FROM base AS runtime
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data newsnotify \
    && install --directory --owner=newsnotify --group=newsnotify --mode=700 /data
COPY --from=builder /venv /venv
WORKDIR /app
COPY manage.py ./
COPY newsnotify newsnotify
COPY accounts accounts
COPY news news
COPY subscriptions subscriptions
COPY notifications notifications
COPY templates templates
COPY locale locale
# No collectstatic: static files are served from the apps' folders, their hash in the query.
RUN python -m compileall -q .
ENV DATA_DIR=/data \
    HOME=/data \
    LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "newsnotify.pulse", "web"]
CMD ["uvicorn", "newsnotify.asgi:application", "--ws-per-message-deflate", "false", "--no-proxy-headers", "--host", "0.0.0.0", "--port", "8000", "--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-ping-interval", "0", "--no-server-header", "--timeout-graceful-shutdown", "10"]

FROM runtime AS flower
COPY --from=flower-builder /venv /venv

FROM builder AS test
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium git libmariadb3 make mariadb-server openssl redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home newsnotify
COPY requirements-dev.txt /
RUN pip install -r /requirements-dev.txt
COPY --chown=newsnotify . /app
RUN chown newsnotify /app
WORKDIR /app
USER 10001
CMD ["python", "-m", "pytest"]

# What is built when no target is named.
FROM runtime
