//! How often is too often: counted in memory, or in Redis across all instances.

mod memory;
mod redis;
#[cfg(test)]
mod tests;

pub use memory::MemoryLimiter;
pub use redis::RedisLimiter;
