package topology

// Party is what one side of a meeting (CLUSTER MEET) tells of itself.
type Party struct {
	Node    NodeID
	Cluster ClusterID
	// Nodes is how many nodes its cluster has.
	Nodes int
	// Joining is set while the node has an attempt to join under way; Host is with whom.
	Joining bool
	Host    NodeID
}

// Solo reports whether the node is a cluster of its own, and so can be taken in by another.
func (p Party) Solo() bool { return p.Nodes == 1 }

// PartyOf returns what a node that is in no attempt to join tells of itself.
func PartyOf(s *State, self NodeID) Party {
	return Party{Node: self, Cluster: s.Cluster, Nodes: len(s.nodes)}
}

// Meeting is what follows from a meeting of two nodes.
type Meeting uint8

const (
	// Together: both are of one cluster already.
	Together Meeting = iota + 1
	// ReceiverJoins: the node that received CLUSTER MEET joins the cluster of the one that it was told to meet.
	ReceiverJoins
	// TargetJoins: the node that is met joins the cluster of the one that received CLUSTER MEET.
	TargetJoins
	// ReceiverWaits: the receiver is joining somebody already. Its attempt is decided first.
	ReceiverWaits
	// TargetRedirects: the target is joining somebody, whom the receiver is to meet instead.
	TargetRedirects
	// Refused: two clusters of several nodes cannot be made one.
	Refused
)

var meetingNames = [...]string{"", "together", "receiver joins", "target joins", "receiver waits", "target redirects", "refused"}

func (m Meeting) String() string {
	if int(m) < len(meetingNames) {
		return meetingNames[m]
	}
	return "unknown meeting"
}

// Meet decides who joins whom. Only a cluster of one node can dissolve into another. Of two such clusters the one that
// received CLUSTER MEET joins the other, unless the other is joining it already, as happens when each is told to meet the
// other at once: then the one with the lower id stays.
func Meet(receiver, target Party) Meeting {
	if receiver.Cluster == target.Cluster {
		return Together
	}
	if receiver.Joining && receiver.Host != target.Node {
		return ReceiverWaits
	}
	if target.Joining {
		if target.Host != receiver.Node {
			return TargetRedirects
		}
		if receiver.Node.Compare(target.Node) < 0 || !receiver.Solo() {
			return TargetJoins
		}
		return ReceiverJoins
	}
	switch {
	case receiver.Solo():
		return ReceiverJoins
	case target.Solo():
		return TargetJoins
	}
	return Refused
}

// StaysHost decides a ring of attempts to join, in which each node waits for the next: the node with the lowest id gives its
// own attempt up and stays, so that the others can join it one after the other. The ring names every node once.
func StaysHost(ring []NodeID) NodeID {
	lowest := ring[0]
	for _, id := range ring[1:] {
		if id.Compare(lowest) < 0 {
			lowest = id
		}
	}
	return lowest
}
