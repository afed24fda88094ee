/** The policy that every namespace has without anyone writing it. */

/** What every token may do unless it was made without it: look after itself. */
export const DEFAULT_POLICY = `# What the holder of any token may do with that token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# And ask of any path what it may do there.
path "sys/capabilities-self" {
  capabilities = ["update"]
}

# Which event types there are is no secret.
path "sys/events/types" {
  capabilities = ["read", "list"]
}
`;
