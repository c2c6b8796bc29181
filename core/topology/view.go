package topology

// Health is what a node believes of another.
type Health uint8

const (
	// Alive: answers, or has not been asked yet.
	Alive Health = iota
	// Suspected: does not answer, as far as this node knows ("fail?").
	Suspected
	// Failed: declared dead ("fail").
	Failed
)

// String returns the word for it.
func (h Health) String() string {
	if int(h) < len(healthWords) {
		return healthWords[h]
	}
	return "unknown"
}

var healthWords = [...]string{"alive", "suspected", "failed"}

// EndpointType is what redirects and views give to clients as a node's address (cluster-preferred-endpoint-type).
type EndpointType uint8

const (
	// EndpointIP: the host.
	EndpointIP EndpointType = iota
	// EndpointHostname: the hostname, or "?" if the node announces none.
	EndpointHostname
	// EndpointUnknown: nothing; a client goes to the host that it has asked.
	EndpointUnknown
)

// MessageCount counts the messages of the bus of one type.
type MessageCount struct {
	// Type is the word that CLUSTER INFO shows, such as "ping".
	Type string
	// Sent and Received are numbers of messages since the start.
	Sent, Received uint64
}

// Link is a stream between this node and another.
type Link struct {
	Node NodeID
	// Inbound: the other node has opened it.
	Inbound bool
	// CreatedWall is when it was opened, in Unix milliseconds.
	CreatedWall int64
}

// View is the configuration as one node shows it to its clients: the replicated state, and what only this node knows.
// A function that is nil says the same of every node: alive, connected, no ping on its way, never heard of, offset 0.
type View struct {
	State *State
	// Self is the node that shows the view. Invariant: a node of State.
	Self NodeID
	// Health returns what this node believes of a node.
	Health func(NodeID) Health
	// Connected reports whether this node has a working link to a node. It is not asked about Self.
	Connected func(NodeID) bool
	// PingSent returns when the ping that is on its way to a node was sent, in Unix milliseconds; 0 if none is.
	PingSent func(NodeID) int64
	// PongReceived returns when a node was last heard of, in Unix milliseconds; 0 if never.
	PongReceived func(NodeID) int64
	// Offset returns how far a node's copy of its shard's data reaches, as far as this node knows.
	Offset func(NodeID) int64
	// FailureReports returns how many other nodes are known to suspect a node.
	FailureReports func(NodeID) int
	// Links are the streams between this node and others, shown by CLUSTER LINKS in this order. Optional.
	Links func() []Link
	// Intents are the slots that the node's shard means to take, sorted by slot: marks that are in no State, since nobody has agreed.
	Intents []Mark
	// Wall is the time of the view, in Unix milliseconds.
	Wall int64
	// FullCoverage makes the cluster fail as a whole while one slot is not served (cluster-require-full-coverage).
	FullCoverage bool
	// Endpoint is the kind of address that clients are given.
	Endpoint EndpointType
	// TLS says that the client uses TLS, so that it is given the ports for that.
	TLS bool
	// Messages are shown by CLUSTER INFO in this order, those that are 0 left out.
	Messages []MessageCount
	// LinksOverLimit counts the links that were dropped for what waited on them (cluster-link-sendbuf-limit).
	LinksOverLimit uint64
}

// Serving reports whether cluster_state is ok, by Redis's rule with one exception. With full coverage every slot needs an
// owner whose primary has not failed; without, one such slot is enough. Redis also calls the cluster down on the smaller
// side of a partition, since there a primary may have been replaced without its knowledge. Here the primary's lease ends
// before that can happen, so a node that cannot see a majority still serves what it may.
func (v *View) Serving() bool {
	served := 0
	for i, owned := range v.State.owned {
		if v.health(v.State.shards[i].Primary) != Failed {
			served += int(owned)
		}
	}
	if v.FullCoverage {
		return served == len(v.State.owners)
	}
	return served > 0
}

func (v *View) health(id NodeID) Health {
	if v.Health == nil {
		return Alive
	}
	return v.Health(id)
}

// Reaches reports whether a node is alive and has a link with this one, as far as this node knows.
func (v *View) Reaches(id NodeID) bool { return v.health(id) != Failed && v.connected(id) }

// FailureReportsOf returns how many other nodes are known to suspect a node (CLUSTER COUNT-FAILURE-REPORTS).
func (v *View) FailureReportsOf(id NodeID) int {
	if v.FailureReports == nil {
		return 0
	}
	return v.FailureReports(id)
}

func (v *View) connected(id NodeID) bool {
	return id == v.Self || v.Connected == nil || v.Connected(id)
}

func (v *View) offset(id NodeID) int64 { return valueOf(v.Offset, id) }

// valueOf calls one of the view's optional functions.
func valueOf(f func(NodeID) int64, id NodeID) int64 {
	if f == nil {
		return 0
	}
	return f(id)
}

// loading reports whether a replica has no usable copy yet. Redis takes offset 0 as the sign of it; here a replica of a
// shard that was never written to has offset 0 and is in sync all the same.
func (v *View) loading(shard *Shard, id NodeID) bool {
	return id != shard.Primary && v.offset(id) == 0 && !contains(shard.InSync, id)
}

// primaryFirst returns the members of a shard: the primary, then the others in the order of their ids.
func primaryFirst(shard *Shard) []NodeID {
	all := append(make([]NodeID, 0, len(shard.Members)), shard.Primary)
	for _, id := range shard.Members {
		if id != shard.Primary {
			all = append(all, id)
		}
	}
	return all
}
