import { PrismaPg } from '@prisma/adapter-pg'
import { defineConfig } from 'prisma/config'

// Prisma's native engine sends a migration as it stands, and is not in the npm registry. The adapter for drivers, which
// takes its place here, would cut a migration at each semicolon.
class WholeScripts extends PrismaPg {
  async connect() {
    const connection = await super.connect()
    connection.executeScript = async (script) => void (await connection.client.query(script))
    return connection
  }
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: process.env.MIGRATIONS },
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new WholeScripts({ connectionString: process.env.DATABASE_URL }),
})
