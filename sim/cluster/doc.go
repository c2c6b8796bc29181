// Package cluster runs Ember in the simulator: real nodes, real client connections that speak RESP bytes, a workload whose
// history is checked for linearizability, and invariants that are checked while it runs.
//
//	┌─ sim.World ──────────────────────────────────────────────────────────────────────────┐
//	│  client host            network            node host                                 │
//	│  ┌────────────┐   RESP bytes   ┌──────────────────────────────────────────────────┐  │
//	│  │ Client     │ ◄────────────► │ driver: bytes → events → core.Node → effects     │  │
//	│  │ slot cache │                │         storage.Log on the host's simulated disk │  │
//	│  └────────────┘                └───────────▲──────────────────────────────────────┘  │
//	│        │ operations                        │ datagrams and streams of the bus        │
//	│        ▼                                   ▼ other nodes                             │
//	│  history ──────► linearizability     effects ──────► ledger                          │
//	└──────────────────────────────────────────────────────────────────────────────────────┘
//
// A run has two phases. In the first the faults of its plan strike while clients work: only safety is judged. Then the
// world heals, and liveness is judged too: within a stated virtual time every operation must be answered, every node must
// believe every other alive, and every slot must be served.
package cluster
