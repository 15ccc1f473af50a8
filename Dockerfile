# One image, three commands: `up` (everything in one container), `beat` and `worker` (one of each, or more).

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/scheduler \
 && /opt/scheduler/bin/pip install --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY scheduler scheduler
# The build backend is in requirements.lock, so that nothing unpinned is fetched here.
RUN /opt/scheduler/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
# A uid that belongs to nobody on the host; no home, so that nothing is ever written there.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin scheduler \
 && install -d -o 10001 -g 10001 -m 0755 /data /data/output
COPY --from=build /opt/scheduler /opt/scheduler
COPY schedules.yaml /etc/scheduler/schedules.yaml
# The root file system may be read-only: all that is written lies under /data.
ENV PATH=/opt/scheduler/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SCHEDULER_DATA=/data \
    SCHEDULER_FILE=/etc/scheduler/schedules.yaml
WORKDIR /data
VOLUME ["/data"]
USER 10001:10001
# SIGTERM starts the orderly stop: beat, then workers (25 s of grace for running tasks), then the embedded server.
# Give the container longer than that before it is killed: `docker stop -t 40`, or `stop_grace_period: 40s`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["scheduler", "health"]
ENTRYPOINT ["scheduler"]
CMD ["up"]
