/**
 * The policy `default`, which every namespace has from the beginning. As in Vault, every token has it unless it was
 * created without it. The second half is about paths that this server does not have, but clients ask for the
 * capabilities on them.
 */
export const DEFAULT_POLICY = `# Every token may look up, renew and revoke itself.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }

# It may ask for its capabilities on a path.
path "sys/capabilities-self" { capabilities = ["update"] }

# It may list the event types.
path "sys/events/types" { capabilities = ["read", "list"] }

# It may create tickets, which open the same subscriptions as the token.
path "sys/events/ticket" { capabilities = ["update"] }

# It may read its own identity.
path "identity/entity/id/{{identity.entity.id}}"     { capabilities = ["read"] }
path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }
path "identity/oidc/provider/+/authorize"            { capabilities = ["read", "update"] }
path "sys/internal/ui/resultant-acl"                 { capabilities = ["read"] }

# Leases, wrapped responses, the private store of the token, and tools.
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
