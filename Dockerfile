# Sattle's image: web, worker and, for the demo in docker-compose.yml, the test bench in regtest/.
FROM python:3.11-slim-bookworm AS build
# hdwallet brings a dependency that exists as C source only.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# One user for every container of ours: they share the database, its lock file and the clock's offset.
RUN useradd --uid 1000 --create-home sattle && install --directory --owner sattle --mode 0700 /data
WORKDIR /sattle
COPY wsgi.py ./
COPY app app
COPY woo_bridge woo_bridge
COPY regtest regtest
COPY docker docker
USER sattle
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:app.gunicorn", "--bind", "0.0.0.0:8000", "wsgi:app"]
