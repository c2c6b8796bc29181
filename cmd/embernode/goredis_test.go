package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestGoRedisPubSub(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		for _, protocol := range []int{2, 3} {
			c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{p.address()}, Protocol: protocol})
			hearAll(t, c)
			c.Close()
		}
	})
}

// hearAll has messages delivered to listeners of a channel, of a pattern, and of a sharded channel.
func hearAll(t *testing.T, c *redis.ClusterClient) {
	t.Helper()
	ctx := t.Context()
	all := []*redis.PubSub{c.Subscribe(ctx, "news"), c.PSubscribe(ctx, "n?ws"), c.SSubscribe(ctx, "shard")}
	for _, s := range all {
		defer s.Close()
		if _, err := s.Receive(ctx); err != nil { // that it is subscribed
			t.Fatal(err)
		}
	}
	for i := range 100 {
		text := fmt.Sprint("message ", i)
		if n, err := c.Publish(ctx, "news", text).Result(); n < 2 || err != nil {
			t.Fatalf("PUBLISH: %d, %v", n, err)
		}
		if n, err := c.SPublish(ctx, "shard", text).Result(); n < 1 || err != nil {
			t.Fatalf("SPUBLISH: %d, %v", n, err)
		}
		for _, s := range all {
			if m, err := s.ReceiveMessage(ctx); err != nil || m.Payload != text {
				t.Fatalf("%v, %v, want %q", m, err, text)
			}
		}
	}
	if err := all[0].Ping(ctx, "alive"); err != nil {
		t.Error(err)
	}
}

// TestGoRedisTransactions raises a counter from many clients by WATCH, MULTI and EXEC in one pipeline each: no raise is lost.
func TestGoRedisTransactions(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		ctx := t.Context()
		p := serving(t, "--loop", loop)
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{p.address()}})
		defer c.Close()
		const clients, raises = 8, 25
		done := make(chan error)
		for range clients {
			go func() { done <- raise(ctx, c, raises) }()
		}
		for range clients {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got, err := c.Get(ctx, "counter").Int(); got != clients*raises || err != nil {
			t.Errorf("%d, %v, want %d", got, err, clients*raises)
		}
		results, err := c.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, "{t}a", "1", 0)
			pipe.Incr(ctx, "{t}a")
			pipe.LPush(ctx, "{t}a", "x") // of a type, or unknown: an error of this one command
			return nil
		})
		if len(results) != 3 || results[2].Err() == nil || err == nil {
			t.Errorf("a transaction with an error: %v, %v", results, err)
		}
	})
}

// raise adds 1 to a counter so many times.
func raise(ctx context.Context, c *redis.ClusterClient, times int) error {
	for done := 0; done < times; {
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			value, err := tx.Get(ctx, "counter").Int()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
				pipe.Set(ctx, "counter", strconv.Itoa(value+1), 0)
				return nil
			})
			return err
		}, "counter")
		switch {
		case err == nil:
			done++
		case !errors.Is(err, redis.TxFailedErr):
			return err
		}
	}
	return nil
}
