package gossip

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/random"
)

// The rules of SWIM, section 4.2, written out, and what is added to them for members that come back.
func TestSWIM_4_2_Precedence(t *testing.T) {
	const higher, notLower = "i > j", "i >= j"
	for _, row := range []struct {
		claimed, held Health
		rule          string
	}{
		{Alive, Alive, higher}, // the paper leaves it open: it changes nothing but the incarnation
		{Alive, Suspect, higher},
		{Alive, Dead, higher}, // the paper: never; here the dead are still members
		{Alive, Left, higher},
		{Suspect, Alive, notLower},
		{Suspect, Suspect, higher},
		{Suspect, Dead, higher},
		{Suspect, Left, higher},
		{Dead, Alive, notLower},
		{Dead, Suspect, notLower},
		{Dead, Dead, higher},
		{Dead, Left, higher},
		{Left, Alive, notLower},
		{Left, Suspect, notLower},
		{Left, Dead, notLower},
		{Left, Left, higher},
	} {
		for i := uint64(0); i < 3; i++ {
			for j := uint64(0); j < 3; j++ {
				want := row.rule == higher && i > j || row.rule == notLower && i >= j
				if got := supersedes(row.claimed, i, row.held, j); got != want {
					t.Errorf("%v(%d) over %v(%d) = %v, the rule is %s", row.claimed, i, row.held, j, got, row.rule)
				}
			}
		}
	}
}

// Of any claims, in any order and number, the greatest is believed in the end. So members converge that have heard
// the same.
func TestBeliefDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type said struct {
			health      Health
			incarnation uint64
		}
		claims := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) said {
			return said{Health(rapid.IntRange(int(Alive), int(Left)).Draw(t, "health")), rapid.Uint64Range(0, 4).Draw(t, "incarnation")}
		}), 1, 12).Draw(t, "claims")
		want := said{Alive, 0}
		for _, c := range claims {
			if c.incarnation > want.incarnation || c.incarnation == want.incarnation && c.health > want.health {
				want = c
			}
		}
		m := New(DefaultConfig(), nodeID(0), 0, random.New(1))
		m.SetMembers(0, nodeIDs(4))
		for i, c := range rapid.Permutation(claims).Draw(t, "order") {
			msg := message{kind: gossip}
			said := wireClaim{health: c.health, node: nodeID(1), incarnation: c.incarnation, accuser: nodeID(2 + i%2)}
			msg.claims = said.append(nil)
			if err := m.Receive(time.Duration(i), nodeID(3), msg.append(nil), false); err != nil {
				t.Fatal(err)
			}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
		if got := (said{m.Health(nodeID(1)), m.Incarnation(nodeID(1))}); got != want {
			t.Fatalf("after %v it is %v, want %v", claims, got, want)
		}
	})
}

func TestHealthNames(t *testing.T) {
	names := fmt.Sprint(Unknown, Alive, Suspect, Dead, Left, Health(9))
	if names != "unknown alive suspect dead left health 9" {
		t.Error(names)
	}
}
