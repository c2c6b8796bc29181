package core

import (
	"slices"
	"testing"
	"time"
)

// A voter whose log has failed answers clients and failure detection, and not the group: another votes in its place.
func TestVoterWithoutALogIsReplaced(t *testing.T) {
	g := newTestGroup(t, 6)
	before := g.nodes[0].node.State().Voters()
	if len(before) != 5 {
		t.Fatalf("voters %v", before)
	}
	leader := g.nodes[0].node.Consensus().Leader()
	broken := slices.IndexFunc(g.nodes, func(h *harness) bool { return slices.Contains(before, h.node.ID()) && h.node.ID() != leader })
	g.nodes[broken].step(&LogFailed{Reason: "the disk is gone"})
	id := g.nodes[broken].node.ID()
	for range 10 * int(testOptions().VoterReplacement/time.Second) / 2 {
		g.advance(100 * time.Millisecond)
	}
	if !slices.Contains(g.nodes[0].node.State().Voters(), id) {
		t.Error("a voter is replaced too soon")
	}
	for range 10 * int(testOptions().VoterReplacement/time.Second) {
		g.advance(100 * time.Millisecond)
	}
	for i, h := range g.nodes {
		if voters := h.node.State().Voters(); i != broken && (len(voters) != 5 || slices.Contains(voters, id)) {
			t.Errorf("node %d: voters %v, without a log %v", i, voters, id)
		}
	}
}
