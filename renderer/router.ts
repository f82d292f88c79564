/** The rooms that work, by address. The hash keeps the room through a reload on both hosts. */
import { createRouter, createWebHashHistory } from 'vue-router'

export const rooms = [
  { name: 'probe', icon: 'i-lucide-chart-bar-decreasing' },
  { name: 'training', icon: 'i-lucide-chart-spline' },
  { name: 'models', icon: 'i-lucide-box' }
] as const
export type Room = (typeof rooms)[number]['name']

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/probe', name: 'probe', component: () => import('./rooms/probe/ProbeRoom.vue') },
    { path: '/training/:run?', name: 'training', component: () => import('./rooms/training/TrainingRoom.vue') },
    { path: '/models/:model?', name: 'models', component: () => import('./rooms/models/ModelsRoom.vue') },
    { path: '/:rest(.*)*', redirect: '/probe' }
  ]
})
