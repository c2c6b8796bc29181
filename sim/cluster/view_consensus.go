package cluster

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim/view"
)

// consensusFact tells a node's part in the group that decides on the configuration.
func (d *driver) consensusFact(f *view.Facts) {
	status := d.node.Consensus().Status()
	if status.Role == consensus.Observer { // who leads it asks when it has to know
		f.Set("consensus", "observer", view.Plain)
		return
	}
	text := fmt.Sprintf("term %d, %s", status.Term, strings.ToLower(status.Role.String()))
	switch status.Role {
	case consensus.Leader:
		f.Set("consensus", text, view.Leading)
	case consensus.PreCandidate, consensus.Candidate:
		f.Set("consensus", text, view.Worried)
	default:
		f.Set("consensus", text+d.following(status.Leader), view.Plain)
	}
}

// votersFact tells who votes on the configuration, as far as the node knows: what the group does, of which it is a member, or else
// what the configuration says.
func (d *driver) votersFact(f *view.Facts) {
	status := d.node.Consensus().Status()
	voters, tone := status.Voters, view.Plain
	if len(voters) == 0 {
		voters = d.node.State().Voters()
	}
	text := d.namesOf(voters)
	if len(status.Outgoing) > 0 {
		text, tone = text+", instead of "+d.namesOf(status.Outgoing), view.Worried
	}
	if len(status.Learners) > 0 {
		text += ", learning: " + d.namesOf(status.Learners)
	}
	f.Set("voters", text, tone)
}

func (d *driver) following(leader wire.NodeID) string {
	if leader == (wire.NodeID{}) {
		return ", knows no leader"
	}
	return ", follows " + d.nameOf(leader)
}

func (d *driver) namesOf(ids []wire.NodeID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = d.nameOf(id)
	}
	return strings.Join(names, " ")
}

// nameOf returns the name of a node's host.
func (d *driver) nameOf(id wire.NodeID) string {
	for i, known := range d.cluster.ids {
		if known == id {
			return d.cluster.hosts[i].Name()
		}
	}
	return id.String()
}
