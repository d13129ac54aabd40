// Teams of the fixture server (a test tool).
export function teamRoutes({ refuse, id, now, at, data, users }) {
  const hostile = data === "hostile";
  const budget = (team, period, amount, spent, reserved) => ({ id: id(), holder_kind: "team", holder_id: team, holder: "", period, amount_nano_usd: amount * 1e9, spent_nano_usd: spent * 1e9, reserved_nano_usd: reserved * 1e9, left_nano_usd: (amount - spent - reserved) * 1e9, ...(period === "total" ? {} : { resets_at: at(-60 * 40) }), unpriced: "deny", source: "console", created_at: at(9e4) });
  const names = ["Research", "Customer support", "Finance", "Platform"];
  const teams = data === "empty" ? [] : names.map((name, i) => ({ id: id(), name: hostile && i === 1 ? `${"م".repeat(40)}-${"W".repeat(79)}` : name, source: i === 3 ? "file" : "console", created_at: at(60 * 24 * (30 - i)) }));
  const inside = new Map(teams.map((team, i) => [team.id, i === 2 ? [] : users.filter((_, n) => (n + i) % 2 === 0 || i === 0).map((user) => user.id)]));
  const budgets = new Map(teams.map((team, i) => [team.id, [[budget(team.id, "month", 400, 212.6, 8.1), budget(team.id, "total", 2000, 860, 0)], [budget(team.id, "month", 60, 51.2, 1.4)], [], [budget(team.id, "day", 5, 5, 0)]][i]]));
  if (hostile) {
    for (let i = 0; i < 400; i++) {
      const team = { id: id(), name: `Project ${i}`, source: "console", created_at: at(i * 60) };
      teams.push(team);
      inside.set(team.id, users.map((user) => user.id));
      budgets.set(team.id, i % 3 ? [budget(team.id, "month", 50, i % 50, 0)] : []);
    }
  }
  const find = (team) => teams.find((one) => one.id === team) ?? refuse(404, "not_found", "There is no such team.");
  const show = (team) => ({ ...team, members: inside.get(team.id).length, budgets: budgets.get(team.id) });
  const taken = (name, but) => teams.some((one) => one.id !== but && one.name.toLowerCase() === name.toLowerCase()) && refuse(409, "conflict", "There is a team with this name already.");
  return {
    "GET /api/admin/teams": ({ query }) => teams.filter((team) => !query.get("user") || inside.get(team.id).includes(query.get("user"))).map(show),
    "POST /api/admin/teams": ({ body }) => {
      taken(body.name);
      const team = { id: id(), name: body.name, source: "console", created_at: now() };
      teams.push(team);
      inside.set(team.id, body.members ?? []);
      budgets.set(team.id, []);
      return show(team);
    },
    "PATCH /api/admin/teams/:id": ({ params, body }) => (taken(body.name, params.id), show(Object.assign(find(params.id), body))),
    "DELETE /api/admin/teams/:id": ({ params }) => void teams.splice(teams.indexOf(find(params.id)), 1),
    "GET /api/admin/teams/:id/members": ({ params }) => (find(params.id), inside.get(params.id).map((user) => users.find((one) => one.id === user)).filter(Boolean).map(({ id: userId, email, name, role, state }) => ({ id: userId, email, name, role, state, added_at: at(60 * 24) }))),
    "PUT /api/admin/teams/:id/members/:user": ({ params }) => void (find(params.id), inside.get(params.id).includes(params.user) || inside.get(params.id).push(params.user)),
    "DELETE /api/admin/teams/:id/members/:user": ({ params }) => void inside.set(params.id, inside.get(find(params.id).id).filter((user) => user !== params.user)),
  };
}
