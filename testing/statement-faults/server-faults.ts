import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import pg from "pg";
import { emptyLedger } from "../issuer/service.js";
import type { Statement } from "./gate.js";

/** How the server is brought to fail a statement. */
export type FaultKind =
  | "cancel"
  | "lock timeout"
  | "statement timeout"
  | "deadlock"
  | "serialization"
  | "disk full"
  /** It does not fail: it only takes so long that the other service acts meanwhile. */
  | "delay";

/** Numbers that the functions in the database know the kinds by. */
const NUMBERS: Readonly<Record<FaultKind, number>> = {
  cancel: 1,
  "lock timeout": 2,
  "statement timeout": 3,
  deadlock: 4,
  serialization: 5,
  "disk full": 6,
  delay: 8,
};
/** No fault: the statement sets a time limit for those that follow in its transaction. */
const LIMIT = 7;

/** The user that the services connect as: no superuser, so that the policies below hold for it. */
export const USER = "service";
/** A tablespace with hardly any room, where one could be made. */
export const SMALL_SPACE = "small";

/** Advisory locks (class 7001): 1 the barrier, 2 held for lock timeouts, 3 and 4 the two sides of a deadlock. */
const CLASS = 7001;

/**
 * What is put into a database, before the service comes to it, so that any statement of the service can be failed:
 * each table gets a policy for reading and triggers for writing and for the commit that call `faults.gate()`. It does
 * nothing but for the one statement that was chosen. That one waits at a barrier, then fails by the real cause.
 */
const INSTALL = `
create schema faults;
create sequence faults.pid minvalue 0 start 0;
create sequence faults.kind minvalue 0 start 0;
create table faults.race (n bigint);
insert into faults.race values (0);

create function faults.strike() returns void language plpgsql volatile security definer as $f$
declare kind bigint;
begin
  select last_value into kind from faults.kind;
  if kind = ${LIMIT} then
    perform set_config('statement_timeout', '100ms', true);
    return;
  end if;
  if kind = ${NUMBERS.deadlock} then perform pg_advisory_xact_lock(${CLASS}, 3); end if;
  perform pg_advisory_xact_lock_shared(${CLASS}, 1);
  case kind
    when ${NUMBERS.delay} then
      return;
    when ${NUMBERS["lock timeout"]} then
      perform set_config('lock_timeout', '5ms', true);
      perform pg_advisory_xact_lock(${CLASS}, 2);
    when ${NUMBERS.deadlock} then
      perform set_config('deadlock_timeout', '1ms', true);
      perform pg_advisory_xact_lock(${CLASS}, 4);
    when ${NUMBERS.serialization} then
      if current_setting('transaction_isolation') in ('repeatable read', 'serializable')
          and current_setting('transaction_read_only') = 'off' then
        update faults.race set n = n + 1;
      end if;
      raise exception 'could not serialize access' using errcode = '40001';
    when ${NUMBERS["disk full"]} then
      perform set_config('temp_tablespaces', '${SMALL_SPACE}', true), set_config('work_mem', '64kB', true);
      perform count(*) from (select repeat(md5(i::text), 4) as t from generate_series(1, 40000) i order by t) q;
    else
      perform pg_sleep(60);
  end case;
end $f$;

create function faults.gate() returns boolean language plpgsql stable security definer as $f$
begin
  if (select last_value from faults.pid) = pg_backend_pid() then perform faults.strike(); end if;
  return true;
end $f$;
create function faults.on_write() returns trigger language plpgsql as $f$
begin perform faults.gate(); return null; end $f$;
create function faults.on_definition() returns event_trigger language plpgsql as $f$
begin
  if session_user <> '${USER}' then return; end if;
  perform faults.gate();
  -- A table with triggers that wait for the commit cannot be altered.
  if tg_tag = 'ALTER TABLE' then
    set constraints all immediate;
    set constraints all deferred;
  end if;
end $f$;

create function faults.on_table() returns event_trigger language plpgsql security definer as $f$
declare made record;
begin
  for made in select objid::regclass as name from pg_event_trigger_ddl_commands()
      where schema_name = 'public' and object_type = 'table' loop
    execute format('create trigger fault before insert or update or delete on %s
      for each statement execute function faults.on_write()', made.name);
    execute format('create constraint trigger fault_at_commit after insert or update or delete on %s
      deferrable initially deferred for each row execute function faults.on_write()', made.name);
    execute format('alter table %s enable row level security', made.name);
    execute format('alter table %s force row level security', made.name);
    execute format('create policy fault on %s using (faults.gate()) with check (true)', made.name);
  end loop;
end $f$;
create event trigger fault_of_definition on ddl_command_start execute function faults.on_definition();
create event trigger fault_tables on ddl_command_end when tag in ('CREATE TABLE') execute function faults.on_table();
grant usage on schema faults to public;
`;

/** Milliseconds for a statement to come to the barrier; more only where the machine does other work. */
const ARRIVAL_MS = 20_000;
/** Rounds of signals for a statement that no function can be put into. */
const MAX_ROUNDS = 200;
const SIGNALS = 60;

/** Fails chosen statements of one database, from sessions of its own. */
export class ServerFaults {
  /** Holds the locks that statements wait for. */
  readonly #holder: pg.Client;
  /** Looks, cancels and commits. */
  readonly #hand: pg.Client;
  /** The other side of a deadlock. */
  readonly #rival: pg.Client;

  private constructor(clients: readonly [pg.Client, pg.Client, pg.Client]) {
    [this.#holder, this.#hand, this.#rival] = clients;
  }

  /** @param url of the database, as its superuser */
  static async install(url: string): Promise<ServerFaults> {
    const client = () => new pg.Client({ connectionString: url, options: "-c deadlock_timeout=60s" });
    const clients = [client(), client(), client()] as const;
    for (const each of clients) {
      // A server that ends closes its sessions; whatever is asked of one then says so.
      each.on("error", () => undefined);
      await each.connect();
    }
    const faults = new ServerFaults(clients);
    await faults.#hand.query(INSTALL);
    return faults;
  }

  /**
   * Has the server fail a statement that is about to be sent to it.
   * @param whileItWaits is done while the statement is being run
   * @returns for the gate: resolves when the statement may be sent
   */
  async arm(
    { pid, answered }: Statement,
    kind: FaultKind,
    whileItWaits: () => Promise<void>,
  ): Promise<() => void> {
    this.#armed = pid;
    await this.#holder.query(`select pg_advisory_lock(${CLASS}, 1)`);
    if (kind === "lock timeout") await this.#holder.query(`select pg_advisory_lock(${CLASS}, 2)`);
    if (kind === "deadlock") await this.#rival.query(`select pg_advisory_lock(${CLASS}, 4)`);
    await this.#hand.query(`select setval('faults.kind', ${NUMBERS[kind]}), setval('faults.pid', ${pid})`);
    return () => void this.#strike(pid, answered, kind, whileItWaits);
  }

  /**
   * Has a statement that is about to be sent set a limit of time for those after it: the service's own sessions have
   * none at the server.
   */
  async limit({ pid, answered }: Statement): Promise<() => void> {
    this.#armed = pid;
    await this.#hand.query(`select setval('faults.kind', ${LIMIT}), setval('faults.pid', ${pid})`);
    return () => {
      this.ended = answered.then(() => this.disarm());
    };
  }

  /** Resolves when the fault that was armed is over, and no statement will be failed any more. */
  ended: Promise<unknown> = Promise.resolve();
  /** Process whose statements fail; 0: none. */
  #armed = 0;

  /** What the statements after the one that was armed wait for, so that it alone fails; undefined: nothing. */
  after({ pid }: Statement): Promise<unknown> | undefined {
    return pid === this.#armed ? this.ended : undefined;
  }

  #strike(pid: number, answered: Promise<string>, kind: FaultKind, whileItWaits: () => Promise<void>): void {
    this.ended = (async () => {
      let isAnswered = false;
      const answer = answered.then(() => {
        isAnswered = true;
      });
      const isHere = await this.#waits(pid, 1, () => isAnswered);
      if (isHere) {
        await whileItWaits();
        if (kind === "cancel") await this.#hand.query("select pg_cancel_backend($1)", [pid]);
        else if (kind !== "statement timeout") await this.#release(kind);
      }
      await answer;
      await this.disarm();
    })();
  }

  async #release(kind: FaultKind): Promise<void> {
    if (kind === "serialization") await this.#hand.query("update faults.race set n = n + 1");
    if (kind === "deadlock") {
      const { rows } = await this.#rival.query<{ pid: number }>("select pg_backend_pid() as pid");
      void this.#rival.query(`select pg_advisory_lock(${CLASS}, 3)`);
      await this.#waits(rows[0]?.pid ?? 0, 3, () => false);
    }
    await this.#holder.query(`select pg_advisory_unlock(${CLASS}, 1)`);
  }

  /** No statement is failed any more. */
  async disarm(): Promise<void> {
    await this.#hand.query("select setval('faults.pid', 0)");
    await this.#holder.query("select pg_advisory_unlock_all()");
    await this.#rival.query("select pg_advisory_unlock_all()");
    this.#armed = 0;
  }

  /** @returns whether the process waits for the lock; false: it was over before */
  async #waits(pid: number, lock: number, isOver: () => boolean): Promise<boolean> {
    const end = performance.now() + ARRIVAL_MS;
    while (!isOver()) {
      const { rowCount } = await this.#hand.query(
        `select 1 from pg_locks where locktype = 'advisory' and classid = ${CLASS} and objid = $1
         and pid = $2 and not granted`,
        [lock, pid],
      );
      if (rowCount) return true;
      if (performance.now() > end)
        throw new Error(`process ${pid} of the server did not come to lock ${lock}`);
    }
    return false;
  }

  /** Whether some service waits for a lock of the ledger. */
  async isBlocked(): Promise<boolean> {
    const { rowCount } = await this.#hand.query(
      `select 1 from pg_stat_activity a join pg_locks l using (pid)
       where a.usename = '${USER}' and not l.granted and l.locktype <> 'advisory' limit 1`,
    );
    return rowCount !== 0;
  }

  /** Until what goes on is blocked or over, but not for long. */
  async untilBlocked(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    void work.finally(() => {
      isOver = true;
    });
    for (let i = 0; i < 25 && !isOver && !(await this.isBlocked()); i++) await sleep(1);
  }

  /** Leaves the ledger as it was first made; no trigger hears of it. */
  async empty(): Promise<void> {
    await this.#hand.query("set session_replication_role = replica");
    await emptyLedger(this.#hand);
  }

  async close(): Promise<void> {
    for (const client of [this.#holder, this.#hand, this.#rival]) await client.end();
  }
}

/**
 * Cancels a statement that no function can be put into (BEGIN, COMMIT of nothing, ROLLBACK, a look at the catalog) by
 * what `pg_cancel_backend` does, a signal: many of them, since the server forgets those that come between statements.
 */
export function cancelBySignals({ pid, answered }: Statement): void {
  let isAnswered = false;
  void answered.then(() => {
    isAnswered = true;
  });
  const burst = () => {
    for (let i = 0; i < SIGNALS; i++) process.kill(pid, "SIGINT");
  };
  burst();
  void (async () => {
    for (let round = 0; round < MAX_ROUNDS && !isAnswered; round++) {
      await turn();
      if (!isAnswered) burst();
    }
  })();
}
