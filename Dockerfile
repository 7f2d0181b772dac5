# SPDX-License-Identifier: AGPL-3.0-or-later
# docker build -t curbwatch . && docker run -p 8080:8080 -e MARKET_STREET_PASSWORD -v "$PWD/city:/etc/curbwatch:ro" -v curbwatch:/var/lib/curbwatch curbwatch
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/curbwatch \
    && /opt/curbwatch/bin/pip install --no-cache-dir -c constraints.txt ".[postgres]"

FROM python:3.11-slim
# OpenCV's wheel links against libGL and glib
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/curbwatch --create-home curbwatch
COPY --from=build /opt/curbwatch /opt/curbwatch
ENV PATH=/opt/curbwatch/bin:$PATH \
    ORT_DISABLE_TELEMETRY=1 \
    CURBWATCH_SERVICE__HOST=0.0.0.0 \
    CURBWATCH_SERVICE__DATA_DIR=/var/lib/curbwatch
USER curbwatch
VOLUME /var/lib/curbwatch
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["curbwatch"]
CMD ["run", "/etc/curbwatch/city.toml"]
