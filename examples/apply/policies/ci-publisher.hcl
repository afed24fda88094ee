# Publishes events of types that begin with "ci/", about paths that do.
path "sys/events/publish/ci/*" {
  capabilities = ["update"]
}
path "ci/*" {
  capabilities = ["update"]
}
