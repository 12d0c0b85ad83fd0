# The action's image: our own environment under /opt/route-agent, and git. Nothing here is specific to a repository.
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS base
# A bare Debian lacks some of these; a Python image lacks git alone.
RUN set -eu; missing=""; \
    command -v git >/dev/null || missing="$missing git"; \
    test -e /etc/ssl/certs/ca-certificates.crt || missing="$missing ca-certificates"; \
    python3 -c "import ensurepip" 2>/dev/null || missing="$missing python3 python3-venv"; \
    if test -n "$missing"; then \
        apt-get update; \
        # shellcheck disable=SC2086 # a list of names
        apt-get install -y --no-install-recommends $missing; \
        rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt; \
    fi

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY constraints.txt constraints-otel.txt constraints-build.txt /src/
# All that pip installs is pinned by its hash, what builds our wheel too. The base and what apt brings are as they were on the day of
# the build: an image that is named by its digest, as a release does, has them in it.
RUN python3 -m venv /build \
    && /build/bin/pip install --require-hashes -r /src/constraints-build.txt \
    && python3 -m venv --without-pip /opt/route-agent \
    && /build/bin/pip --python /opt/route-agent/bin/python3 install --require-hashes -r /src/constraints.txt -r /src/constraints-otel.txt
COPY pyproject.toml README.md LICENSE /src/
COPY bot /src/bot
COPY templates /src/templates
# A console script starts Python isolated: no PYTHONPATH of an earlier step, and nothing from the workspace, is imported.
RUN /build/bin/pip wheel --no-deps --no-build-isolation -w /build /src \
    && /build/bin/pip --python /opt/route-agent/bin/python3 install --no-deps --no-index /build/*.whl \
    && sed -i '1s|^#!/opt/route-agent/bin/python.*|#!/opt/route-agent/bin/python3 -IBu|' /opt/route-agent/bin/route-agent*

FROM base
# For whoever starts Python here by another way than our scripts.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1
COPY --from=build /opt/route-agent /opt/route-agent
# It starts; and the standard library's modules that it needs are compiled once here, not at the start of every run.
RUN /opt/route-agent/bin/python3 -I -c "import bot.first, bot.hosted"
ENTRYPOINT ["/opt/route-agent/bin/route-agent-action"]
