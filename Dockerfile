# syntax=docker/dockerfile:1
# Two images: `hab` runs every part of HAB, `rq-dashboard` shows the queue (profile monitoring).

FROM python:3.11-slim-bookworm AS python
ENV PYTHONUNBUFFERED=1 PYTHONUTF8=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home --home-dir /home/hab hab

FROM python AS build
WORKDIR /src
RUN python -m venv /opt/hab
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY hab_core hab_core
COPY hab_server hab_server
COPY hab_client hab_client
COPY hab_ui hab_ui
COPY model model
RUN /opt/hab/bin/pip install --constraint constraints.txt '.[all,s3]'

FROM python AS hab
# LightGBM's library needs OpenMP.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/hab /opt/hab
ENV PATH=/opt/hab/bin:$PATH HAB_HOME=/var/lib/hab OMP_WAIT_POLICY=passive TZ=Asia/Seoul
RUN install --directory --owner=hab --mode=700 /var/lib/hab
USER hab
VOLUME /var/lib/hab
EXPOSE 8000 8501
CMD ["hab", "serve"]

FROM python AS rq-dashboard
COPY constraints.txt /tmp/constraints.txt
# It asks for six and does not say so.
RUN pip install --constraint /tmp/constraints.txt rq-dashboard==0.9.0 rq six && rm /tmp/constraints.txt
USER hab
EXPOSE 9181
CMD ["rq-dashboard", "--json", "--disable-delete"]
