/** The role ids of the AppRole roles of a Vault namespace: what a client logs in with, beside a secret id. */
export class RoleIds {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(role: string): string | undefined {
    return this.#sql
      .exec<{ role_id: string }>('SELECT role_id FROM role_ids WHERE role = ?', role)
      .toArray()[0]?.role_id;
  }

  roleWith(roleId: string): string | undefined {
    return this.#sql
      .exec<{ role: string }>('SELECT role FROM role_ids WHERE role_id = ?', roleId)
      .toArray()[0]?.role;
  }

  /** @returns false if another role has this id */
  set(role: string, roleId: string): boolean {
    const owner = this.roleWith(roleId);
    if (owner !== undefined && owner !== role) return false;
    this.#sql.exec(
      `INSERT INTO role_ids (role, role_id) VALUES (?, ?)
       ON CONFLICT (role) DO UPDATE SET role_id = excluded.role_id`,
      role,
      roleId,
    );
    return true;
  }

  delete(role: string): void {
    this.#sql.exec('DELETE FROM role_ids WHERE role = ?', role);
  }
}
