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
// Beside operations, clients go over all keys of a node by SCAN, whose guarantee is checked against the effects that the node has
// had, and begin commands that they never end.
//
// A run has two phases. In the first the faults of its plan strike while clients work: only safety is judged. Then the
// world heals, and liveness is judged too: within a stated virtual time every operation must be answered, every node must
// believe every other alive, and every slot must be served.
//
// The world may heal in part only (NodeConfig.Unhealed): then the same is demanded of the healed core, of its nodes and its slots. A
// node whose disk a fault has made to lose what was durable may refuse to start; any other failure to come to rest is a stall.
package cluster
