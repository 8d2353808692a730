#!/usr/bin/env node
console.log('forkscope');
