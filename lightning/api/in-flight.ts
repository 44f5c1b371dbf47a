/** Requests that are being decided, by peer and by what they are. */
export class InFlight {
  private readonly peers = new Map<string, Map<string, Promise<void>>>();
  private count = 0;

  /** Requests of all peers. */
  get all(): number {
    return this.count;
  }

  of(peer: string): number {
    return this.peers.get(peer)?.size ?? 0;
  }

  has(peer: string, request: string): boolean {
    return this.peers.get(peer)?.has(request) ?? false;
  }

  /** @param decide must not reject */
  run(peer: string, request: string, decide: () => Promise<void>): void {
    const requests = this.peers.get(peer) ?? new Map<string, Promise<void>>();
    this.peers.set(peer, requests);
    this.count++;
    requests.set(
      request,
      decide().finally(() => {
        requests.delete(request);
        if (requests.size === 0) this.peers.delete(peer);
        this.count--;
      }),
    );
  }

  /** Resolves when everything that is being decided now is decided. */
  async settled(): Promise<void> {
    await Promise.all([...this.peers.values()].flatMap((requests) => [...requests.values()]));
  }
}
