# One image for every role; the command picks it:
#   docker run … genba                         serves phone, readers and pages on port 8000
#   docker run --init … genba jobs             runs the background work
#   docker run --rm … genba db upgrade         migrates PostgreSQL
#   docker run --rm … genba doctor             says what is misconfigured
# Settings come from the environment (GENBA_…), secrets better from files (GENBA_…_FILE).
ARG BASE=python:3.13-slim-bookworm
ARG NODE=node:22-bookworm-slim

FROM ${NODE} AS assets
WORKDIR /src
COPY tools/vendor.sh tools/
COPY admin/package.json admin/package-lock.json admin/
RUN tools/vendor.sh

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/genba && python -m venv /opt/builder
COPY requirements/ requirements/
RUN /opt/genba/bin/pip install --require-hashes -r requirements/runtime.lock
# What builds the package is held by hashes as well: its entry of the developers' lock, alone.
RUN awk '/^[^ #]/ { keep = /^setuptools==/ } keep' requirements/dev.lock > /tmp/builder.lock \
    && /opt/builder/bin/pip install --require-hashes -r /tmp/builder.lock
COPY . .
COPY --from=assets /src/admin/static/vendor/ admin/static/vendor/
COPY --from=assets /src/core/documents/fonts/ core/documents/fonts/
COPY --from=assets /src/reader_bridge/tablet/static/vendor/ reader_bridge/tablet/static/vendor/
RUN /opt/builder/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
    && /opt/genba/bin/pip install --no-deps --no-index /tmp/wheel/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="Genba Call" \
      org.opencontainers.image.description="Attendance for building sites by phone call or card"
ENV PATH=/opt/genba/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
RUN groupadd --system --gid 10001 genba \
    && useradd --system --uid 10001 --gid genba --home-dir /srv/genba --shell /usr/sbin/nologin genba \
    && install --directory --owner=genba --group=genba --mode=0750 /srv/genba /srv/genba/var
COPY --from=build /opt/genba /opt/genba
USER genba
WORKDIR /srv/genba
# The database of a small installation, and everywhere the calls that wait while the database is away.
VOLUME /srv/genba/var
EXPOSE 8000
# Only `serve` answers HTTP; for the other roles the process being there is all there is to ask.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import pathlib, urllib.request; b'serve' not in pathlib.Path('/proc/1/cmdline').read_bytes().split(b'\\0') or urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["genba"]
CMD ["serve", "--host", "0.0.0.0"]
