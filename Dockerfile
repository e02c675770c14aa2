# syntax=docker/dockerfile:1
# The same steps as `make demo`: a virtual environment, the pinned versions, the package with its web app.
#
#   TORCH_INDEX   extra package index for torch's CPU builds (a third of the image's size); see docs/install.md
#   NODE          stays inside the build stage: the web app is built by the package's own build hook

ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build
ARG TORCH_INDEX=""
ENV VENV=/opt/fewpoints PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY . .
RUN python3 -m venv "$VENV"
RUN "$VENV/bin/python" -m pip install --upgrade pip
RUN "$VENV/bin/python" -m pip install -c constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} .

FROM python:${PYTHON}-slim
COPY --from=build /opt/fewpoints /opt/fewpoints
ENV FEWPOINTS_HOME=/data HOME=/data FEWPOINTS_HOST=0.0.0.0 FEWPOINTS_PORT=8000 PATH=/opt/fewpoints/bin:$PATH
# A numeric user, so that Kubernetes can verify that it is not root. A fresh volume takes over this owner.
RUN mkdir -p "$FEWPOINTS_HOME" && chown 1000:1000 "$FEWPOINTS_HOME"
USER 1000:1000
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["fewpoints", "serve"]
