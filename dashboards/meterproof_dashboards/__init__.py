"""Grafana dashboards as code: what a plant engineer watches, built from the names under which readings are stored."""
