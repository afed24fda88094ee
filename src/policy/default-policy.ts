/**
 * The policy `default`, which every namespace has from the beginning. As in Vault, every token has it unless it was
 * created without it. The second half is about paths that this server does not have, but clients ask for the
 * capabilities on them.
 */
export const DEFAULT_POLICY = `# What the holder of any token may do with that token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }

# And ask of any path what it may do there.
path "sys/capabilities-self" { capabilities = ["update"] }

# Which event types there are is no secret.
path "sys/events/types" { capabilities = ["read", "list"] }

# A ticket opens what the token itself opens.
path "sys/events/ticket" { capabilities = ["update"] }

# Who one is.
path "identity/entity/id/{{identity.entity.id}}"     { capabilities = ["read"] }
path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }
path "identity/oidc/provider/+/authorize"            { capabilities = ["read", "update"] }
path "sys/internal/ui/resultant-acl"                 { capabilities = ["read"] }

# Leases, wrapped answers, a store of one's own, and tools.
path "sys/renew"                 { capabilities = ["update"] }
path "sys/leases/renew"          { capabilities = ["update"] }
path "sys/leases/lookup"         { capabilities = ["update"] }
path "cubbyhole/*"               { capabilities = ["create", "read", "update", "delete", "list"] }
path "sys/wrapping/wrap"         { capabilities = ["update"] }
path "sys/wrapping/lookup"       { capabilities = ["update"] }
path "sys/wrapping/unwrap"       { capabilities = ["update"] }
path "sys/tools/hash"            { capabilities = ["update"] }
path "sys/tools/hash/*"          { capabilities = ["update"] }
path "sys/control-group/request" { capabilities = ["update"] }
`;
