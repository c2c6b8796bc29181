package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// setSlot moves a slot from one node to another, as redis-cli --cluster reshard does it, once it is empty.
func setSlot(t *testing.T, nodes []*client, slot, from, to int) {
	t.Helper()
	number, source, target := fmt.Sprint(slot), nodes[from].call("CLUSTER", "MYID"), nodes[to].call("CLUSTER", "MYID")
	nodes[to].expect("OK", "CLUSTER", "SETSLOT", number, "IMPORTING", source)
	nodes[from].expect("OK", "CLUSTER", "SETSLOT", number, "MIGRATING", target)
	await(t, "the slot is empty", func() bool { return nodes[from].call("CLUSTER", "GETKEYSINSLOT", number, "10") == "" })
	nodes[to].expect("OK", "CLUSTER", "SETSLOT", number, "NODE", target)
	for i, c := range nodes {
		if i != to {
			c.expect("OK", "CLUSTER", "SETSLOT", number, "NODE", target)
		}
	}
}

func TestSlotsChangeHands(t *testing.T) {
	processes := startCluster(t, 3)
	var nodes []*client
	for _, p := range processes {
		nodes = append(nodes, dial(t, p.address()))
	}
	began := time.Now()
	for slot := range 20 {
		setSlot(t, nodes, slot, 0, 1+slot%2)
	}
	t.Logf("20 slots in %v", time.Since(began))
	for _, c := range nodes {
		await(t, "every node knows", func() bool { return strings.Contains(c.call("CLUSTER", "NODES"), " 20-5460") })
	}
	out, ok := tool(t, "redis-cli", processes[0], "--cluster", "check", processes[0].address())
	if ok && !strings.Contains(out, "[OK] All 16384 slots covered.") {
		t.Errorf("redis-cli --cluster check: %s", out)
	}
}
