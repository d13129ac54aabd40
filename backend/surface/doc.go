// Package surface holds a folder for each kind of request that callers send;
// its tests try every chat surface before every chat provider.
package surface
