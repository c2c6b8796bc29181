package gossip

import "time"

func wait() {
	_ = time.Now()               // want clock
	_ = time.Since(time.Time{})  // want clock
	_ = time.Until(time.Time{})  // want clock
	time.Sleep(time.Second)      // want clock
	_ = time.After(time.Second)  // want clock
	_ = time.Tick(time.Second)   // want clock
	_ = time.NewTimer(1)         // want clock
	_ = time.NewTicker(1)        // want clock
	time.AfterFunc(1, func() {}) // want clock
	read := time.Now             // want clock
	_ = read
	_ = time.Local                  // want clock
	_ = time.UnixMilli(1).Local()   // want clock
	_, _ = time.LoadLocation("CET") // want clock
}

// later computes with instants that it was given.
func later(now, deadline time.Duration, a, b time.Time) bool {
	return now+3*time.Second >= deadline || a.After(b) || a.Sub(b) > time.Minute
}
