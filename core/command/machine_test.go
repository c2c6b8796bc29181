package command

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"pgregory.net/rapid"
)

// The replies of RESP2, spelled once more.
const (
	replyOK   = "+OK\r\n"
	replyNull = "$-1\r\n"
)

func replyInt(n int64) string   { return fmt.Sprintf(":%d\r\n", n) }
func replyBulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

// mapKey is a key of the model.
type mapKey struct {
	value    string
	expireAt int64
}

// commandMachine runs commands on a testNode and says what a plain map makes of them.
type commandMachine struct {
	node *testNode
	keys map[string]mapKey
}

// live forgets the keys whose time has passed.
func (m *commandMachine) live() {
	maps.DeleteFunc(m.keys, func(_ string, k mapKey) bool { return k.expireAt != 0 && k.expireAt < m.wall() })
}

func (m *commandMachine) wall() int64 { return m.node.context.Wall }

// expect runs a command and compares the reply.
func (m *commandMachine) expect(t *rapid.T, want string, args ...string) {
	encoded := make([][]byte, len(args))
	for i, arg := range args {
		encoded[i] = []byte(arg)
	}
	if got := string(m.node.do(encoded...)); got != want {
		t.Fatalf("%q: %q, want %q", args, got, want)
	}
}

// All keys are in one slot, and few, so that they meet again.
func keyName(t *rapid.T) string { return fmt.Sprintf("{k}%d", rapid.IntRange(0, 9).Draw(t, "key")) }

func keyNames(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.Custom(keyName), 1, 5).Draw(t, "keys")
}

func valueText(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringN(0, 5, 20), rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.Map(rapid.IntRange(-20, 20), strconv.Itoa),
	).Draw(t, "value")
}

func (m *commandMachine) actions() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){
		"time": func(t *rapid.T) {
			m.node.context.Wall += rapid.Int64Range(0, 2000).Draw(t, "passes")
			m.live()
		},
		"expire due": m.expireDue,
		"evict":      m.evict,
		"set":        m.set,
		"set again":  m.set,
		"getdel": func(t *rapid.T) {
			key := keyName(t)
			want := m.get(key)
			delete(m.keys, key)
			m.expect(t, want, "GETDEL", key)
		},
		"mset":     m.mset,
		"add":      m.add,
		"append":   m.append,
		"del":      m.del,
		"expire":   m.expire,
		"persist":  m.persist,
		"flushall": m.flushAll,
		"scan":     m.scan,
		"":         m.check,
	}
	maps.Copy(all, m.stringActions())
	maps.Copy(all, m.bitActions())
	return all
}

// get returns the reply of GET.
func (m *commandMachine) get(key string) string {
	if k, ok := m.keys[key]; ok {
		return replyBulk(k.value)
	}
	return replyNull
}

func (m *commandMachine) set(t *rapid.T) {
	key, value := keyName(t), valueText(t)
	args := []string{"SET", key, value}
	old, present := m.keys[key]
	condition := rapid.SampledFrom([]string{"", "NX", "XX"}).Draw(t, "condition")
	get := rapid.Bool().Draw(t, "get")
	words := []string{}
	if condition != "" {
		words = append(words, condition)
	}
	if get {
		words = append(words, "GET")
	}
	expiry, expireAt := m.drawSetExpiry(t, old.expireAt)
	if expiry != "" {
		words = append(words, expiry)
	}
	for _, group := range rapid.Permutation(words).Draw(t, "order") {
		args = append(args, strings.Fields(group)...)
	}
	met := condition == "" || condition == "NX" && !present || condition == "XX" && present
	want := replyOK
	switch {
	case get:
		want = m.get(key)
	case !met:
		want = replyNull
	}
	if met {
		m.keys[key] = mapKey{value: value, expireAt: expireAt}
		m.live()
	}
	m.expect(t, want, args...)
}

// drawSetExpiry returns the words of an expiry option and the expiry that they stand for.
func (m *commandMachine) drawSetExpiry(t *rapid.T, old int64) (words string, at int64) {
	ms := rapid.Int64Range(1, 5000).Draw(t, "milliseconds")
	past := rapid.Int64Range(1, 2*startWall).Draw(t, "time")
	switch rapid.SampledFrom([]string{"", "", "KEEPTTL", "EX", "PX", "EXAT", "PXAT"}).Draw(t, "expiry") {
	case "KEEPTTL":
		return "KEEPTTL", old
	case "EX":
		return fmt.Sprint("EX ", ms), m.wall() + ms*1000
	case "PX":
		return fmt.Sprint("PX ", ms), m.wall() + ms
	case "EXAT":
		return fmt.Sprint("EXAT ", past/1000+1), (past/1000 + 1) * 1000
	case "PXAT":
		return fmt.Sprint("PXAT ", past), past
	}
	return "", 0
}

func (m *commandMachine) mset(t *rapid.T) {
	args := []string{"MSET"}
	for _, key := range keyNames(t) {
		value := valueText(t)
		args = append(args, key, value)
		m.keys[key] = mapKey{value: value}
	}
	m.expect(t, replyOK, args...)
}

// add runs INCR, DECR, INCRBY or DECRBY.
func (m *commandMachine) add(t *rapid.T) {
	key := keyName(t)
	by := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()).Draw(t, "by")
	name := rapid.SampledFrom([]string{"INCR", "DECR", "INCRBY", "DECRBY"}).Draw(t, "name")
	args := []string{name, key, strconv.FormatInt(by, 10)}
	change := big.NewInt(by)
	switch name {
	case "INCR", "DECR":
		args, change = args[:2], big.NewInt(1)
	}
	if strings.HasPrefix(name, "DECR") {
		if change.Neg(change); !change.IsInt64() {
			m.expect(t, "-ERR decrement would overflow\r\n", args...)
			return
		}
	}
	k, ok := m.keys[key]
	if !ok {
		k.value = "0"
	}
	number, err := strconv.ParseInt(k.value, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != k.value {
		m.expect(t, "-ERR value is not an integer or out of range\r\n", args...)
		return
	}
	if change.Add(change, big.NewInt(number)); !change.IsInt64() {
		m.expect(t, "-ERR increment or decrement would overflow\r\n", args...)
		return
	}
	k.value = change.String()
	m.keys[key] = k
	m.expect(t, replyInt(change.Int64()), args...)
}

func (m *commandMachine) append(t *rapid.T) {
	key, value := keyName(t), valueText(t)
	k := m.keys[key]
	want := "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
	if len(k.value)+len(value) <= m.node.context.MaxStringLength {
		k.value += value
		m.keys[key] = k
		want = replyInt(int64(len(k.value)))
	}
	m.expect(t, want, "APPEND", key, value)
}

func (m *commandMachine) del(t *rapid.T) {
	deleted := int64(0)
	names := keyNames(t)
	for _, key := range names {
		if _, ok := m.keys[key]; ok {
			deleted++
			delete(m.keys, key)
		}
	}
	m.expect(t, replyInt(deleted), append([]string{"DEL"}, names...)...)
}

func (m *commandMachine) expire(t *rapid.T) {
	key := keyName(t)
	amount := rapid.Int64Range(-2, 5000).Draw(t, "amount")
	at, name := m.wall()+amount, "PEXPIRE"
	if rapid.Bool().Draw(t, "seconds") {
		at, name = m.wall()+amount*1000, "EXPIRE"
	}
	args := []string{name, key, strconv.FormatInt(amount, 10)}
	condition := rapid.SampledFrom([]string{"", "NX", "XX", "GT", "LT", "XX GT", "LT XX"}).Draw(t, "condition")
	args = append(args, strings.Fields(condition)...)
	k, ok := m.keys[key]
	infinite := k.expireAt == 0
	if strings.Contains(condition, "NX") && !infinite ||
		strings.Contains(condition, "XX") && infinite ||
		strings.Contains(condition, "GT") && (infinite || at <= k.expireAt) ||
		strings.Contains(condition, "LT") && !infinite && at >= k.expireAt {
		ok = false
	}
	if !ok {
		m.expect(t, replyInt(0), args...)
		return
	}
	k.expireAt = at
	m.keys[key] = k
	if at <= m.wall() {
		delete(m.keys, key)
	}
	m.expect(t, replyInt(1), args...)
}

func (m *commandMachine) persist(t *rapid.T) {
	key := keyName(t)
	k := m.keys[key]
	if k.expireAt == 0 {
		m.expect(t, replyInt(0), "PERSIST", key)
		return
	}
	k.expireAt = 0
	m.keys[key] = k
	m.expect(t, replyInt(1), "PERSIST", key)
}

func (m *commandMachine) flushAll(t *rapid.T) {
	clear(m.keys)
	m.expect(t, replyOK, "FLUSHALL")
}

// expireDue deletes what nobody asks for, as a node does it.
func (m *commandMachine) expireDue(*rapid.T) {
	for e := range m.node.context.Space.Due(m.wall(), 3) {
		m.node.context.Space.Apply(e)
		m.node.Emit(&e)
	}
}

// scan walks over all keys and compares them with those of the model that match.
func (m *commandMachine) scan(t *rapid.T) {
	count := rapid.IntRange(1, 12).Draw(t, "count")
	var found []string
	cursor := "0"
	for calls := 0; calls == 0 || cursor != "0"; calls++ {
		reply := m.node.run(fmt.Sprintf("SCAN %s COUNT %d MATCH *[0-5]", cursor, count))
		value, n, err := resp.ReadValue([]byte(reply), resp.ReplyLimits{})
		if err != nil || n != len(reply) || len(value.Array) != 2 {
			t.Fatalf("%q: %d, %v", reply, n, err)
		}
		cursor = string(value.Array[0].Str)
		for _, key := range value.Array[1].Array {
			found = append(found, string(key.Str))
		}
	}
	var want []string
	for key := range m.keys { //unordered: sorted below
		if key[len(key)-1] <= '5' {
			want = append(want, key)
		}
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Fatalf("a scan found %q, want %q", found, want)
	}
}

// check asks everything about some keys, with commands that only read, and verifies the node's data and log.
func (m *commandMachine) check(t *rapid.T) {
	names := keyNames(t)
	exist, values := int64(0), fmt.Sprintf("*%d\r\n", len(names))
	for _, key := range names {
		values += m.get(key)
		k, ok := m.keys[key]
		left, seconds, kind := int64(-2), int64(-2), "+none\r\n"
		if ok {
			exist++
			left, seconds, kind = -1, -1, "+string\r\n"
			if k.expireAt != 0 {
				left = k.expireAt - m.wall()
				seconds = (left + 500) / 1000
			}
		}
		m.expect(t, m.get(key), "GET", key)
		m.expect(t, replyInt(int64(len(k.value))), "STRLEN", key)
		m.expect(t, kind, "TYPE", key)
		m.expect(t, replyInt(left), "PTTL", key)
		m.expect(t, replyInt(seconds), "TTL", key)
	}
	m.expect(t, values, append([]string{"MGET"}, names...)...)
	m.expect(t, replyInt(exist), append([]string{"EXISTS"}, names...)...)
	space := m.node.context.Space
	for slot := range space.Keys(slots.Of([]byte("{k}")), 100) { // what is left of the expired keys
		if _, ok := m.keys[string(slot)]; !ok && !space.Expired(slots.Of(slot), slot, m.wall()) {
			t.Fatalf("%q should not be there", slot)
		}
	}
	m.node.check(t)
}

func TestCommandsAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &commandMachine{node: newTestNode(), keys: map[string]mapKey{}}
		m.node.context.MaxStringLength = 50
		t.Repeat(m.actions())
	})
}

// A replica hides what has expired and leaves the deletion to its primary.
func TestAReplicaDeletesNothingByItself(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SET k v PX 10", replyOK)
	n.context.Replica = true
	n.context.Wall += 11
	logged := len(n.log)
	n.expect(t, "GET k", replyNull)
	n.expect(t, "EXISTS k", ":0\r\n")
	n.expect(t, "TTL k", ":-2\r\n")
	n.expect(t, "SCAN 0", "*2\r\n$1\r\n0\r\n*0\r\n")
	if len(n.log) != logged || n.context.Space.Len() != 1 || n.context.Counts.Expired != 0 {
		t.Errorf("%d keys left, %d expired, log grew by %d bytes", n.context.Space.Len(), n.context.Counts.Expired, len(n.log)-logged)
	}
	n.context.Replica = false
	n.expect(t, "GET k", replyNull)
	e, _, err := keyspace.DecodeEffect(n.log[logged:])
	if err != nil || e.Kind != keyspace.Delete || n.context.Space.Len() != 0 || n.context.Counts.Expired != 1 {
		t.Errorf("the owner logged %v, %v", e, err)
	}
}
