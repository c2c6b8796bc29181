package command

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/ember-cluster/ember/core/resp"
	"pgregory.net/rapid"
)

const (
	replySyntax  = "-ERR syntax error\r\n"
	replyTooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
)

// stringActions are the commands on strings and keys beyond the first ones.
func (m *commandMachine) stringActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"setnx":       m.setnx,
		"setex":       m.setex,
		"getset":      m.getset,
		"getex":       m.getex,
		"msetnx":      m.msetnx,
		"setrange":    m.setrange,
		"getrange":    m.getrange,
		"incrbyfloat": m.incrbyfloat,
		"lcs":         m.lcs,
		"rename":      m.rename,
		"copy":        m.copy,
		"unlink":      m.unlink,
		"expireat":    m.expireat,
		"expiretime":  m.expiretime,
		"all keys":    m.allKeys,
		"object":      m.object,
		"restore":     m.restore,
	}
}

func replyBit(set bool) string {
	if set {
		return replyInt(1)
	}
	return replyInt(0)
}

func (m *commandMachine) setnx(t *rapid.T) {
	key, value := keyName(t), valueText(t)
	_, present := m.keys[key]
	if !present {
		m.keys[key] = mapKey{value: value}
	}
	m.expect(t, replyBit(!present), "SETNX", key, value)
}

func (m *commandMachine) setex(t *rapid.T) {
	key, value := keyName(t), valueText(t)
	amount := rapid.Int64Range(-1, 3000).Draw(t, "amount")
	name, at := "PSETEX", m.wall()+amount
	if rapid.Bool().Draw(t, "seconds") {
		name, at = "SETEX", m.wall()+amount*1000
	}
	want := replyOK
	if amount <= 0 {
		want = "-ERR invalid expire time in '" + strings.ToLower(name) + "' command\r\n"
	} else {
		m.keys[key] = mapKey{value: value, expireAt: at}
	}
	m.expect(t, want, name, key, strconv.FormatInt(amount, 10), value)
}

func (m *commandMachine) getset(t *rapid.T) {
	key, value := keyName(t), valueText(t)
	want := m.get(key)
	m.keys[key] = mapKey{value: value}
	m.expect(t, want, "GETSET", key, value)
}

func (m *commandMachine) getex(t *rapid.T) {
	key := keyName(t)
	want := m.get(key)
	k, present := m.keys[key]
	ms := rapid.Int64Range(1, 5000).Draw(t, "milliseconds")
	var words string
	at := k.expireAt
	switch rapid.SampledFrom([]string{"", "PERSIST", "EX", "PX", "EXAT", "PXAT"}).Draw(t, "expiry") {
	case "PERSIST":
		words, at = "PERSIST", 0
	case "EX":
		words, at = fmt.Sprint("EX ", ms), m.wall()+ms*1000
	case "PX":
		words, at = fmt.Sprint("PX ", ms), m.wall()+ms
	case "EXAT":
		words, at = fmt.Sprint("EXAT ", startWall/1000+ms), startWall+ms*1000
	case "PXAT":
		words, at = fmt.Sprint("PXAT ", startWall+ms), startWall+ms
	}
	if present {
		k.expireAt = at
		m.keys[key] = k
		if strings.HasSuffix(strings.SplitN(words+" ", " ", 2)[0], "AT") && at <= m.wall() {
			delete(m.keys, key)
		}
	}
	m.expect(t, want, append([]string{"GETEX", key}, strings.Fields(words)...)...)
}

func (m *commandMachine) msetnx(t *rapid.T) {
	names := keyNames(t)
	args, free := []string{"MSETNX"}, true
	values := map[string]mapKey{}
	for _, key := range names {
		value := valueText(t)
		args = append(args, key, value)
		values[key] = mapKey{value: value}
		if _, taken := m.keys[key]; taken {
			free = false
		}
	}
	if free {
		maps.Copy(m.keys, values)
	}
	m.expect(t, replyBit(free), args...)
}

func (m *commandMachine) setrange(t *rapid.T) {
	key, part := keyName(t), rapid.StringN(0, 4, 8).Draw(t, "part")
	offset := rapid.IntRange(0, 60).Draw(t, "offset")
	k := m.keys[key]
	want := replyTooLong
	switch {
	case part == "":
		want = replyInt(int64(len(k.value)))
	case offset+len(part) <= m.node.context.MaxStringLength:
		padded := k.value + strings.Repeat("\x00", max(0, offset+len(part)-len(k.value)))
		k.value = padded[:offset] + part + padded[offset+len(part):]
		m.keys[key] = k
		want = replyInt(int64(len(k.value)))
	}
	m.expect(t, want, "SETRANGE", key, strconv.Itoa(offset), part)
}

func (m *commandMachine) getrange(t *rapid.T) {
	key := keyName(t)
	start, end := rapid.IntRange(-60, 60).Draw(t, "start"), rapid.IntRange(-60, 60).Draw(t, "end")
	text := m.keys[key].value
	// An index counts from the end if it is negative; what lies outside is cut off.
	from, to := start, end
	if from < 0 {
		from = max(0, len(text)+from)
	}
	if to < 0 {
		to = max(0, len(text)+to)
	}
	to = min(to, len(text)-1)
	part := ""
	if from <= to && !(start < 0 && end < 0 && start > end) {
		part = text[from : to+1]
	}
	name := rapid.SampledFrom([]string{"GETRANGE", "SUBSTR"}).Draw(t, "name")
	m.expect(t, replyBulk(part), name, key, strconv.Itoa(start), strconv.Itoa(end))
}

// incrbyfloat adds numbers of few digits, which the extended format has room for, and compares with exact fractions.
func (m *commandMachine) incrbyfloat(t *rapid.T) {
	key := keyName(t)
	draw := func(name string) *big.Rat {
		return big.NewRat(rapid.Int64Range(-7_000_000, 7_000_000).Draw(t, name), 1_000_000)
	}
	number, increment := draw("number"), draw("increment")
	k := mapKey{value: number.FloatString(6), expireAt: m.keys[key].expireAt}
	m.expect(t, replyOK, "SET", key, k.value, "KEEPTTL")
	k.value = strings.TrimSuffix(strings.TrimRight(number.Add(number, increment).FloatString(6), "0"), ".")
	m.keys[key] = k
	m.expect(t, replyBulk(k.value), "INCRBYFLOAT", key, increment.FloatString(6))
}

// lcs checks that the reply is a common subsequence and that a recursion over both strings finds no longer one.
func (m *commandMachine) lcs(t *rapid.T) {
	a, b := keyName(t), keyName(t)
	limit := m.node.context.MaxStringLength
	m.node.context.MaxStringLength = 0
	defer func() { m.node.context.MaxStringLength = limit }()
	first, second := m.keys[a].value, m.keys[b].value
	known := map[[2]int]int{}
	var longest func(i, j int) int
	longest = func(i, j int) int {
		if i == len(first) || j == len(second) {
			return 0
		}
		if length, ok := known[[2]int{i, j}]; ok {
			return length
		}
		length := max(longest(i+1, j), longest(i, j+1))
		if first[i] == second[j] {
			length = max(length, 1+longest(i+1, j+1))
		}
		known[[2]int{i, j}] = length
		return length
	}
	length := longest(0, 0)
	m.expect(t, replyInt(int64(length)), "LCS", a, b, "LEN")
	reply, _, err := resp.ReadValue(m.node.do([]byte("LCS"), []byte(a), []byte(b)), resp.ReplyLimits{})
	if found := string(reply.Str); err != nil || len(found) != length || !isSubsequence(found, first) || !isSubsequence(found, second) {
		t.Fatalf("LCS of %q and %q: %q, %v", first, second, found, err)
	}
}

func isSubsequence(part, text string) bool {
	for i := 0; i < len(text) && part != ""; i++ {
		if text[i] == part[0] {
			part = part[1:]
		}
	}
	return part == ""
}

func (m *commandMachine) rename(t *rapid.T) {
	from, to := keyName(t), keyName(t)
	name := rapid.SampledFrom([]string{"RENAME", "RENAMENX"}).Draw(t, "name")
	k, present := m.keys[from]
	_, taken := m.keys[to]
	want := replyOK
	switch {
	case !present:
		want = "-ERR no such key\r\n"
	case name == "RENAMENX":
		want = replyBit(!taken)
	}
	if present && (name == "RENAME" || !taken) {
		delete(m.keys, from)
		m.keys[to] = k
	}
	m.expect(t, want, name, from, to)
}

func (m *commandMachine) copy(t *rapid.T) {
	from, to := keyName(t), keyName(t)
	args := []string{"COPY", from, to}
	_, taken := m.keys[to]
	if rapid.Bool().Draw(t, "replace") {
		args, taken = append(args, "REPLACE"), false
	}
	k, present := m.keys[from]
	if from == to {
		m.expect(t, "-ERR source and destination objects are the same\r\n", args...)
		return
	}
	if present && !taken {
		m.keys[to] = k
	}
	m.expect(t, replyBit(present && !taken), args...)
}

func (m *commandMachine) unlink(t *rapid.T) {
	names := keyNames(t)
	distinct := map[string]bool{}
	touched := int64(0)
	for _, key := range names {
		if _, ok := m.keys[key]; ok {
			distinct[key] = true
			touched++
		}
	}
	m.expect(t, replyInt(touched), append([]string{"TOUCH"}, names...)...)
	maps.DeleteFunc(m.keys, func(key string, _ mapKey) bool { return distinct[key] })
	m.expect(t, replyInt(int64(len(distinct))), append([]string{"UNLINK"}, names...)...)
}

func (m *commandMachine) expireat(t *rapid.T) {
	key := keyName(t)
	at := m.wall() + rapid.Int64Range(-1000, 5000).Draw(t, "amount")
	args := []string{"PEXPIREAT", key, strconv.FormatInt(at, 10)}
	if rapid.Bool().Draw(t, "seconds") {
		at = at / 1000 * 1000
		args = []string{"EXPIREAT", key, strconv.FormatInt(at/1000, 10)}
	}
	k, present := m.keys[key]
	if present {
		k.expireAt = at
		m.keys[key] = k
		if at <= m.wall() {
			delete(m.keys, key)
		}
	}
	m.expect(t, replyBit(present), args...)
}

func (m *commandMachine) expiretime(t *rapid.T) {
	key := keyName(t)
	k, present := m.keys[key]
	want, seconds := int64(-1), int64(-1)
	switch {
	case !present:
		want, seconds = -2, -2
	case k.expireAt != 0:
		want, seconds = k.expireAt, (k.expireAt+500)/1000
	}
	m.expect(t, replyInt(want), "PEXPIRETIME", key)
	m.expect(t, replyInt(seconds), "EXPIRETIME", key)
}

func (m *commandMachine) allKeys(t *rapid.T) {
	want := slices.Sorted(maps.Keys(m.keys))
	reply, _, err := resp.ReadValue([]byte(m.node.run("KEYS {k}?")), resp.ReplyLimits{})
	var got []string
	for _, key := range reply.Array {
		got = append(got, string(key.Str))
	}
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("KEYS finds %q, %v, want %q", got, err, want)
	}
	reply, _, err = resp.ReadValue([]byte(m.node.run("RANDOMKEY")), resp.ReplyLimits{})
	_, known := m.keys[string(reply.Str)]
	if err != nil || known != (len(want) > 0) || known == (reply.Kind == resp.KindNull) {
		t.Fatalf("RANDOMKEY finds %q of %q", reply.Str, want)
	}
}

func (m *commandMachine) object(t *rapid.T) {
	key := keyName(t)
	k, present := m.keys[key]
	number, err := strconv.ParseInt(k.value, 10, 64)
	isInteger := err == nil && strconv.FormatInt(number, 10) == k.value
	encoding, references := replyBulk("embstr"), replyInt(1)
	switch {
	case !present:
		encoding, references = replyNull, replyNull
	case isInteger:
		encoding = replyBulk("int")
		if number >= 0 && number < 10000 {
			references = replyInt(2147483647)
		}
	case len(k.value) > 44:
		encoding = replyBulk("raw")
	}
	m.expect(t, encoding, "OBJECT", "ENCODING", key)
	m.expect(t, references, "OBJECT", "REFCOUNT", key)
}

// restore takes a value through its payload to another key.
func (m *commandMachine) restore(t *rapid.T) {
	from, to := keyName(t), keyName(t)
	reply, _, err := resp.ReadValue(m.node.do([]byte("DUMP"), []byte(from)), resp.ReplyLimits{})
	k, present := m.keys[from]
	if err != nil || present == (reply.Kind == resp.KindNull) {
		t.Fatalf("DUMP of %q: %q, %v", k.value, reply.Str, err)
	}
	if !present {
		return
	}
	ttl := rapid.Int64Range(0, 3000).Draw(t, "ttl")
	args := []string{"RESTORE", to, strconv.FormatInt(ttl, 10), string(reply.Str)}
	_, taken := m.keys[to]
	if rapid.Bool().Draw(t, "replace") {
		args, taken = append(args, "REPLACE"), false
	}
	want := replyOK
	if taken {
		want = "-BUSYKEY Target key name already exists.\r\n"
	} else {
		m.keys[to] = mapKey{value: k.value}
		if ttl > 0 {
			m.keys[to] = mapKey{value: k.value, expireAt: m.wall() + ttl}
		}
	}
	m.expect(t, want, args...)
}
