package command

import (
	"fmt"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/session"
)

// clientTrackingRows are about keys that clients keep in caches of their own.
var clientTrackingRows = []*Row{
	{
		Name: "client|tracking", Arity: -3, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "6.0.0", Summary: "Says of which keys' changes this connection is to be told.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "status", Type: OneOf, Arguments: []Argument{token("ON", ""), token("OFF", "")}},
			{Name: "client-id", Type: IntegerArgument, Token: "REDIRECT", Optional: true},
			{Name: "prefix", Type: StringArgument, Token: "PREFIX", Optional: true, Multiple: true},
			{Name: "bcast", Type: TokenArgument, Token: "BCAST", Optional: true},
			{Name: "optin", Type: TokenArgument, Token: "OPTIN", Optional: true},
			{Name: "optout", Type: TokenArgument, Token: "OPTOUT", Optional: true},
			{Name: "noloop", Type: TokenArgument, Token: "NOLOOP", Optional: true},
		},
		Run: clientTracking,
	},
	{
		Name: "client|trackinginfo", Arity: 2, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "6.2.0", Summary: "Tells how this connection tracks keys.", Complexity: "O(1)",
		Run: clientTrackingInfo,
	},
	{
		Name: "client|caching", Arity: 3, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "6.0.0", Summary: "Says whether the keys of the next command are tracked.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "mode", Type: OneOf, Arguments: []Argument{token("YES", ""), token("NO", "")}}},
		Run:       clientCaching,
	},
	{
		Name: "client|getredir", Arity: 2, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "6.0.0", Summary: "Returns the connection that is told of this one's keys.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.Int(c.redirect()) },
	},
}

const (
	errTrackingTwice     Error = "ERR A client can only redirect to a single other client"
	errTrackingNobody    Error = "ERR The client ID you want redirect to does not exist"
	errTrackingPrefix    Error = "ERR PREFIX option requires BCAST mode to be enabled"
	errTrackingSwitch    Error = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	errTrackingBroadcast Error = "ERR OPTIN and OPTOUT are not compatible with BCAST"
	errTrackingBoth      Error = "ERR You can't specify both OPTIN mode and OPTOUT mode"
	errTrackingSwitchOpt Error = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	errCachingAlone      Error = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
	errCachingYes        Error = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
	errCachingNo         Error = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
)

func clientTracking(c *Context) {
	settings, prefixes, err := c.parseTracking(c.Args[3:])
	switch on := c.Args[2]; {
	case err != nil:
	case isWord(on, "on"):
		if err = checkTracking(&c.Session.Tracking, &settings, prefixes); err != nil {
			break
		}
		if settings.Broadcast && len(prefixes) == 0 {
			prefixes = []string{""}
		}
		c.Sessions.StartTracking(c.Session, settings, prefixes)
	case isWord(on, "off"):
		c.Sessions.StopTracking(c.Session)
	default:
		err = errSyntax
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.ok()
}

func (c *Context) parseTracking(options [][]byte) (settings session.Tracking, prefixes []string, err error) {
	for i := 0; i < len(options); i++ {
		more := i+1 < len(options)
		switch word := options[i]; {
		case isWord(word, "redirect") && more:
			i++
			if err = c.parseRedirect(&settings, options[i]); err != nil {
				return settings, nil, err
			}
		case isWord(word, "prefix") && more:
			i++
			prefixes = append(prefixes, string(options[i]))
		case isWord(word, "bcast"):
			settings.Broadcast = true
		case isWord(word, "optin"):
			settings.OptIn = true
		case isWord(word, "optout"):
			settings.OptOut = true
		case isWord(word, "noloop"):
			settings.NoLoop = true
		default:
			return settings, nil, errSyntax
		}
	}
	return settings, prefixes, nil
}

func (c *Context) parseRedirect(settings *session.Tracking, word []byte) error {
	if settings.Redirect != 0 {
		return errTrackingTwice
	}
	id, ok := keyspace.ParseInteger(word)
	switch {
	case !ok:
		return errNotInteger
	case c.Sessions.Find(id) == nil:
		return errTrackingNobody
	}
	settings.Redirect = id
	return nil
}

// checkTracking checks that the settings agree with each other, and with those before.
func checkTracking(before, settings *session.Tracking, prefixes []string) error {
	switch {
	case !settings.Broadcast && len(prefixes) > 0:
		return errTrackingPrefix
	case before.On && before.Broadcast != settings.Broadcast:
		return errTrackingSwitch
	case settings.Broadcast && (settings.OptIn || settings.OptOut):
		return errTrackingBroadcast
	case settings.OptIn && settings.OptOut:
		return errTrackingBoth
	case settings.OptIn && before.OptOut || settings.OptOut && before.OptIn:
		return errTrackingSwitchOpt
	}
	name, other, own, found := before.Overlapping(prefixes)
	if !found {
		return nil
	}
	which := "another provided prefix"
	if own {
		which = "an existing prefix"
	}
	return Error(fmt.Sprintf("ERR Prefix '%s' overlaps with %s '%s'. Prefixes for a single client must not overlap.", name, which, other))
}

// redirect returns the id of who is told instead: 0 for nobody else, -1 if keys are not tracked.
func (c *Context) redirect() int64 {
	if !c.Session.Tracking.On {
		return -1
	}
	return c.Session.Tracking.Redirect
}

func clientTrackingInfo(c *Context) {
	t := &c.Session.Tracking
	c.Reply.Map(3)
	c.Reply.BulkString("flags")
	flags := trackingFlags(t)
	c.Reply.Set(len(flags))
	for _, flag := range flags {
		c.Reply.BulkString(flag)
	}
	c.Reply.BulkString("redirect")
	c.Reply.Int(c.redirect())
	c.Reply.BulkString("prefixes")
	prefixes := t.Prefixes()
	c.Reply.Array(len(prefixes))
	for _, prefix := range prefixes {
		c.Reply.BulkString(prefix)
	}
}

func trackingFlags(t *session.Tracking) []string {
	if !t.On {
		return []string{"off"}
	}
	flags := []string{"on"}
	for _, flag := range [...]struct {
		set  bool
		name string
	}{
		{t.Broadcast, "bcast"},
		{t.OptIn, "optin"},
		{t.OptIn && t.Caching, "caching-yes"},
		{t.OptOut, "optout"},
		{t.OptOut && t.Caching, "caching-no"},
		{t.NoLoop, "noloop"},
		{t.BrokenRedirect, "broken_redirect"},
	} {
		if flag.set {
			flags = append(flags, flag.name)
		}
	}
	return flags
}

func clientCaching(c *Context) {
	t := &c.Session.Tracking
	var err error
	switch mode := c.Args[2]; {
	case !t.On:
		err = errCachingAlone
	case isWord(mode, "yes"):
		if !t.OptIn {
			err = errCachingYes
		}
	case isWord(mode, "no"):
		if !t.OptOut {
			err = errCachingNo
		}
	default:
		err = errSyntax
	}
	if err != nil {
		c.fail(err)
		return
	}
	t.Caching = true
	c.ok()
}
