package command

import (
	"encoding/hex"

	"github.com/ember-cluster/ember/core/keyspace"
)

const (
	errProtocolType Error = "ERR Wrong protocol type name. Please use one of the following: " +
		"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
	errNeedsRESP3 Error = "ERR RESP2 is not supported by this command"
)

// debugProtocol answers with a value of the kind that is named, for those who test how a client reads it.
//
// float: a constant for the client
func debugProtocol(c *Context) {
	w := c.Reply
	switch kind := c.Args[2]; {
	case isWord(kind, "string"):
		w.BulkString("Hello World")
	case isWord(kind, "integer"):
		w.Int(12345)
	case isWord(kind, "double"):
		w.Double(3.141)
	case isWord(kind, "bignum"):
		w.BigNumber("1234567999999999999999999999999999999")
	case isWord(kind, "null"):
		w.Null()
	case isWord(kind, "array"):
		w.Array(3)
		c.firstIntegers()
	case isWord(kind, "set"):
		w.Set(3)
		c.firstIntegers()
	case isWord(kind, "map"):
		w.Map(3)
		for i := range int64(3) {
			w.Int(i)
			w.Bool(i == 1)
		}
	case isWord(kind, "verbatim"):
		w.Verbatim("txt", "This is a verbatim\nstring")
	case isWord(kind, "true"):
		w.Bool(true)
	case isWord(kind, "false"):
		w.Bool(false)
	default:
		c.debugAside(kind)
	}
}

func (c *Context) firstIntegers() {
	for i := range int64(3) {
		c.Reply.Int(i)
	}
}

// debugAside answers with what does not stand alone, and with something behind it.
func (c *Context) debugAside(kind []byte) {
	w := c.Reply
	switch {
	case isWord(kind, "attrib"):
		if c.Session.Protocol == 3 {
			w.Attribute(1)
			w.BulkString("key-popularity")
			w.Array(2)
			w.BulkString("key:123")
			w.Int(90)
		}
		w.BulkString("Some real reply following the attribute")
	case isWord(kind, "push") && c.Session.Protocol != 3:
		c.fail(errNeedsRESP3)
	case isWord(kind, "push"):
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	default:
		c.fail(errProtocolType)
	}
}

// debugDigest answers Redis's own digest of all keys, which does not depend on their order.
func debugDigest(c *Context) {
	var all valueDigest
	if c.Space.Len() > 0 {
		all.mix(make([]byte, 4)) // the number of the database
	}
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		cursor = c.Space.Scan(cursor, 1<<30, func(key []byte, value keyspace.Value) {
			var one valueDigest
			one.mix(key)
			one.addValue(value)
			all.blend(one[:])
		})
	}
	c.Reply.Simple(hex.EncodeToString(all[:]))
}
