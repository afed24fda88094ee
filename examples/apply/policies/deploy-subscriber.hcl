# Receives the events of the repository "acme/site", and nothing else.
path "sys/events/subscribe/github/*" {
  capabilities = ["read"]
}
path "github/acme/site" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["github/*"]
}
