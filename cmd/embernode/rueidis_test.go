package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// rueidisClient connects to a node.
func rueidisClient(t *testing.T, p *process) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{p.address()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// TestRueidis uses the client as its documentation does: pipelines of its own making, transactions on a dedicated connection.
func TestRueidis(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		ctx := t.Context()
		client := rueidisClient(t, serving(t, "--loop", loop))
		var commands []rueidis.Completed
		for i := range 200 {
			commands = append(commands, client.B().Set().Key(fmt.Sprint("key:", i)).Value(fmt.Sprint(i)).Build())
		}
		for _, result := range client.DoMulti(ctx, commands...) {
			if err := result.Error(); err != nil {
				t.Fatal(err)
			}
		}
		values, err := rueidis.MGet(client, ctx, []string{"key:1", "key:2", "key:199"})
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"key:1": "1", "key:2": "2", "key:199": "199"} {
			value := values[key]
			if got, err := value.ToString(); got != want || err != nil {
				t.Errorf("%s: %q, %v", key, got, err)
			}
		}
		if err := client.Dedicated(func(c rueidis.DedicatedClient) error { return swap(ctx, c) }); err != nil {
			t.Errorf("a transaction: %v", err)
		}
		if got, err := client.Do(ctx, client.B().Get().Key("{t}a").Build()).ToString(); got != "swapped" || err != nil {
			t.Errorf("after it: %q, %v", got, err)
		}
	})
}

// swap changes a key that it watches.
func swap(ctx context.Context, c rueidis.DedicatedClient) error {
	if err := c.Do(ctx, c.B().Watch().Key("{t}a").Build()).Error(); err != nil {
		return err
	}
	results := c.DoMulti(ctx, c.B().Multi().Build(), c.B().Set().Key("{t}a").Value("swapped").Build(), c.B().Exec().Build())
	return results[2].Error()
}

// TestRueidisClientSideCaching reads through the client's cache, which the node has to keep true: a cached value is answered
// without a request, and never once another client has been told of a newer one and the node has said so.
func TestRueidisClientSideCaching(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		ctx := t.Context()
		p := serving(t, "--loop", loop)
		client := rueidisClient(t, p)
		writer := dial(t, p.address())
		read := func() (string, bool) {
			result := client.DoCache(ctx, client.B().Get().Key("key").Cache(), time.Minute)
			value, err := result.ToString()
			if err != nil {
				t.Fatal(err)
			}
			return value, result.IsCacheHit()
		}
		for i := range 20 {
			want := fmt.Sprint("value:", i)
			writer.expect("OK", "SET", "key", want)
			await(t, "the new value is read", func() bool { value, _ := read(); return value == want })
			if value, hit := read(); value != want || !hit {
				t.Fatalf("a second time: %q, from the cache: %v", value, hit)
			}
		}
	})
}

// TestRueidisPubSub has a message delivered to a listener of a channel, of a pattern, and of a sharded channel.
func TestRueidisPubSub(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		ctx := t.Context()
		p := serving(t, "--loop", loop)
		client := rueidisClient(t, p)
		writer := dial(t, p.address())
		for _, test := range []struct {
			subscribe, unsubscribe rueidis.Completed
			publish                []string
		}{
			{
				client.B().Subscribe().Channel("news").Build(), client.B().Unsubscribe().Channel("news").Build(),
				[]string{"PUBLISH", "news", "hello"},
			},
			{
				client.B().Psubscribe().Pattern("ne*").Build(), client.B().Punsubscribe().Pattern("ne*").Build(),
				[]string{"PUBLISH", "news", "hello"},
			},
			{
				client.B().Ssubscribe().Channel("shard").Build(), client.B().Sunsubscribe().Channel("shard").Build(),
				[]string{"SPUBLISH", "shard", "hello"},
			},
		} {
			heard, ended := make(chan rueidis.PubSubMessage, 1), make(chan error)
			go func() {
				ended <- client.Receive(ctx, test.subscribe, func(m rueidis.PubSubMessage) { heard <- m })
			}()
			await(t, "somebody listens", func() bool { return writer.call(test.publish...) == "1" })
			if m := <-heard; m.Message != "hello" || m.Channel != test.publish[1] {
				t.Errorf("%v: %+v", test.publish, m)
			}
			if err := client.Do(ctx, test.unsubscribe).Error(); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Errorf("the listener ended with %v", err)
			}
			writer.expect("0", test.publish...)
		}
	})
}
