// Package unknown is in no table.
package unknown // want dependency
