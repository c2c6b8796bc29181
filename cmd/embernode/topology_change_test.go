package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ember-cluster/ember/core/slots"
)

// TestClientsDoNotNoticeChanges has cluster clients write, read and delete keys while the slots of those keys go to a node that has
// just joined and back again. No operation may fail, or be answered by what another has not left.
func TestClientsDoNotNoticeChanges(t *testing.T) {
	const moved = 6
	processes := startCluster(t, 3)
	joining := start(t, t.TempDir(), "--cluster-node-timeout", "600")
	var nodes []*client
	for _, p := range append(processes, joining) {
		nodes = append(nodes, dial(t, p.address()))
	}
	var tags []string
	for slot := range moved {
		tags = append(tags, tagOf(t, slots.Slot(slot)))
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var workers []*worker
	for i, store := range []cycle{goRedisCycle(t, processes[0]), goRedisCycle(t, processes[2]), rueidisCycle(t, processes[1])} {
		w := &worker{name: fmt.Sprint("worker ", i), tags: tags, cycle: store, ended: make(chan error, 1)}
		workers = append(workers, w)
		go func() { w.ended <- w.work(ctx) }()
	}

	nodes[3].expect("OK", "CLUSTER", "MEET", "127.0.0.1", fmt.Sprint(processes[0].port), fmt.Sprint(processes[0].busPort))
	for _, c := range nodes {
		await(t, "every node knows the new one", func() bool { return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_known_nodes:4") })
	}
	for slot := range moved {
		setSlot(t, nodes, slot, 0, 3)
	}
	for slot := range moved {
		setSlot(t, nodes, slot, 3, 0)
	}
	// A client that knows a node which has left may ask it still, and be told that it serves nothing, as with Redis.
	stop()
	for _, w := range workers {
		if err := <-w.ended; err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
		if w.rounds < 2 {
			t.Errorf("%s has done %d rounds: it shows nothing", w.name, w.rounds)
		}
	}
	leaving := nodes[3].call("CLUSTER", "MYID")
	for _, c := range nodes[:3] {
		await(t, "the node is forgotten", func() bool { return c.call("CLUSTER", "FORGET", leaving) == "OK" })
	}
	nodes[3].expect("OK", "CLUSTER", "RESET", "SOFT")
}

// worker is a client that goes on until it is stopped.
type worker struct {
	name   string
	tags   []string
	cycle  cycle
	rounds int
	ended  chan error
}

// cycle writes a value, reads it and deletes the key. It returns what it has read and how many keys it has deleted.
type cycle func(ctx context.Context, key, value string) (read string, deleted int64, err error)

func (w *worker) work(ctx context.Context) error {
	for ctx.Err() == nil {
		for _, tag := range w.tags {
			key, value := fmt.Sprintf("{%s}%s", tag, w.name), fmt.Sprint(w.rounds)
			// What has begun is ended, so that its end tells of the cluster and not of the stop.
			read, deleted, err := w.cycle(context.WithoutCancel(ctx), key, value)
			if err != nil || read != value || deleted != 1 {
				return fmt.Errorf("%s: read %q, want %q; deleted %d; %w", key, read, value, deleted, err)
			}
		}
		w.rounds++
	}
	return nil
}

func goRedisCycle(t *testing.T, p *process) cycle {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{p.address()}})
	t.Cleanup(func() { client.Close() })
	return func(ctx context.Context, key, value string) (read string, deleted int64, err error) {
		if err = client.Set(ctx, key, value, 0).Err(); err != nil {
			return "", 0, err
		}
		if read, err = client.Get(ctx, key).Result(); err != nil {
			return "", 0, err
		}
		deleted, err = client.Del(ctx, key).Result()
		return read, deleted, err
	}
}

func rueidisCycle(t *testing.T, p *process) cycle {
	client := rueidisClient(t, p)
	return func(ctx context.Context, key, value string) (read string, deleted int64, err error) {
		if err = client.Do(ctx, client.B().Set().Key(key).Value(value).Build()).Error(); err != nil {
			return "", 0, err
		}
		if read, err = client.Do(ctx, client.B().Get().Key(key).Build()).ToString(); err != nil {
			return "", 0, err
		}
		deleted, err = client.Do(ctx, client.B().Del().Key(key).Build()).AsInt64()
		return read, deleted, err
	}
}

// tagOf returns a hash tag of a slot.
func tagOf(t *testing.T, slot slots.Slot) string {
	t.Helper()
	for i := range 64 * slots.Count {
		if tag := fmt.Sprint(i); slots.Of([]byte(tag)) == slot {
			return tag
		}
	}
	t.Fatalf("no tag of slot %d", slot)
	return ""
}
